import { type JobKind, kindTraits } from '../../domain/kinds.ts';
import { type LaneWaits, laneComparison } from '../../domain/payments/lane-waits.ts';
import type { Payment } from '../../domain/payments/payment.ts';
import type { Subscription } from '../../domain/payments/payment-store.ts';
import type { CheckoutRefusal, Order, PriceList } from '../../domain/payments/price-list.ts';
import type { Localizer } from '../catalog.ts';
import { durationWords, lines } from '../phrases.ts';
import { callbackData, excerpt, type MessageButton, type MessageView } from '../view.ts';

/** What is for sale here and what the person has bought. */
export type ShopFacts = {
  /** Undefined where nothing is sold. */
  readonly prices: PriceList | undefined;
  /** Whether this chat is the person's own: only there is anything bought. */
  readonly isOpenHere: boolean;
  readonly bot: string;
  readonly packsLeft: number;
  readonly subscription: Subscription | undefined;
};

/** The measured difference of the two lanes, as it is: also when there is none. */
export function laneWords(localizer: Localizer, waits: LaneWaits, isSold: boolean): string {
  const found = laneComparison(waits);
  switch (found.kind) {
    case 'faster': {
      const [premium, free] = [durationWords(localizer, found.premiumMs), durationWords(localizer, found.freeMs)];
      return localizer.say('premium.measured', { premium, free });
    }
    case 'same':
      return localizer.say('premium.measured-same');
    case 'unmeasured':
      return isSold ? localizer.say('premium.measured-not') : '';
  }
}

/** What the person has bought. */
export function boughtWords(localizer: Localizer, { packsLeft, subscription }: ShopFacts): string {
  return lines(
    packsLeft === 0 ? '' : localizer.say('premium.packs-left', { count: packsLeft }),
    subscription === undefined ? '' : subscriptionWords(localizer, subscription),
  );
}

function subscriptionWords(localizer: Localizer, { untilMs, renewal, stars }: Subscription): string {
  const until = new Date(untilMs);
  if (renewal === 'on') return localizer.say('premium.subscription-on', { until, stars });
  return localizer.say(`premium.subscription-${renewal}`, { until });
}

/** What is for sale, or where. */
export function offerWords(
  localizer: Localizer,
  { prices, isOpenHere, bot }: ShopFacts,
  offered: readonly JobKind[],
): string {
  if (prices === undefined) return '';
  if (!isOpenHere) return localizer.say('premium.offer-private', { bot });
  const dearer = prices.packs.length === 0 ? [] : offered.filter((kind) => kindTraits[kind].cost > 1);
  return lines(
    localizer.say('premium.offer'),
    prices.packs.length === 0 ? '' : localizer.say('premium.offer-packs'),
    ...dearer.map((kind) => localizer.say('premium.pack-cost', { costly: kind, count: kindTraits[kind].cost })),
    prices.subscription === undefined ? '' : localizer.say('premium.offer-subscription'),
  );
}

/** A button for each thing that is for sale, and one that stops or resumes a subscription. */
export function offerRows(localizer: Localizer, { prices, isOpenHere, subscription }: ShopFacts): MessageView['rows'] {
  if (!isOpenHere) return [];
  const packs = (prices?.packs ?? []).map(({ results, stars }): MessageButton => ({
    text: localizer.plain('button.buy-pack', { count: results, stars }),
    data: callbackData('buy', `pack-${results}`),
  }));
  const stars = prices?.subscription;
  const subscribe: MessageButton | undefined =
    stars === undefined || subscription !== undefined
      ? undefined
      : { text: localizer.plain('button.subscribe', { stars }), data: callbackData('buy', 'subscribe') };
  const renewal: MessageButton | undefined =
    subscription === undefined
      ? undefined
      : subscription.renewal === 'on'
        ? { text: localizer.plain('button.stop-renewal'), data: callbackData('buy', 'stop') }
        : { text: localizer.plain('button.renew-again'), data: callbackData('buy', 'renew') };
  return [...packs, subscribe, renewal].flatMap((button) => (button === undefined ? [] : [[button]]));
}

/** Title and words of an invoice, without markup: at most 32 and 255 characters. */
export function invoiceWords(localizer: Localizer, order: Order): { readonly title: string; readonly words: string } {
  if (order.kind === 'subscription') {
    return {
      title: excerpt(localizer.plain('invoice.subscription-title'), 32),
      words: excerpt(localizer.plain('invoice.subscription-words'), 255),
    };
  }
  const count = order.results;
  return {
    title: excerpt(localizer.plain('invoice.pack-title', { count }), 32),
    words: excerpt(localizer.plain('invoice.pack-words'), 255),
  };
}

/** Shown by Telegram over the checkout: plain text. */
export function declinedWords(localizer: Localizer, why: CheckoutRefusal | 'unavailable'): string {
  return localizer.plain(`checkout.${why}`);
}

/** What became of a payment; `left` are the results of all packs of its person. */
export function paymentToldView(localizer: Localizer, payment: Payment, left: number): MessageView {
  const { state, stars, order, untilMs } = payment;
  if (state === 'refunded') return words(localizer.say('paid.refunded', { stars }));
  if (order?.kind === 'pack') return words(localizer.say('paid.pack', { count: order.results, left }));
  if (untilMs !== undefined) return words(localizer.say('paid.subscription', { until: new Date(untilMs) }));
  return words(localizer.say('paid.unclear', { stars }));
}

function words(text: string): MessageView {
  return { text, rows: [] };
}

/** One payment on a line; for an admin with its person, and with the command that refunds it by our number of it. */
export function paymentLine(localizer: Localizer, payment: Payment, forAdmin: boolean): string {
  const { id, order, state, stars, atMs, userId } = payment;
  const count = order?.kind === 'pack' ? order.results : 0;
  const line = localizer.say('payment.line', {
    date: new Date(atMs),
    stars,
    what: order?.kind ?? 'unknown',
    count,
    state,
  });
  return forAdmin ? `${line}\n<code>${userId}</code> · <code>/refund ${id}</code>` : line;
}
