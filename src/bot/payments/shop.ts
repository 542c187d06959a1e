import { isSelling, type Order, payloadFor, subscriptionPeriodS } from '../../domain/payments/price-list.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { classifyTelegramError, isTransient } from '../outbox/telegram-error.ts';
import { answer, edit, reply } from '../reply.ts';

/** What /premium shows this person of the two lanes, of what is for sale and of what they have bought. */
export async function premiumFactsOf({ speaker, chat, me }: BotContext, deps: BotDeps) {
  const { perDay, running, waiting, prices, payments, laneWaits, clock } = deps;
  const { userId, lane, premiumUntilMs: untilMs } = speaker;
  return {
    userId,
    lane,
    untilMs,
    perDay,
    running,
    waiting,
    waits: await laneWaits(),
    shop: {
      prices: isSelling(prices) ? prices : undefined,
      isOpenHere: chat?.type === 'private',
      bot: me.username,
      packsLeft: await payments.resultsLeft(userId),
      subscription: await payments.subscriptionOf(userId, clock.now()),
    },
  };
}

/** The buttons under /premium: they make an invoice, or stop and resume the renewal of a subscription. */
export async function pressBuyButton(ctx: BotContext, deps: BotDeps, id: string): Promise<void> {
  const { messages, prices } = deps;
  const { userId, locale } = ctx.speaker;
  if (ctx.chat?.id !== userId) return answer(ctx, messages.answer('not-yours', locale));
  if (id === 'stop' || id === 'renew') return pressRenewalButton(ctx, deps, id === 'stop');
  const [isOurs, text] = /^(?:pack-([1-9][0-9]{0,6})|subscribe)$/.exec(id) ?? [];
  if (isOurs === undefined) return answer(ctx, messages.answer('expired', locale));
  const results = Number(text);
  const pack = prices.packs.find((one) => one.results === results);
  if (pack !== undefined) {
    await answer(ctx);
    return sendInvoice(ctx, deps, { kind: 'pack', ...pack });
  }
  if (id !== 'subscribe' || prices.subscription === undefined) {
    await answer(ctx, messages.checkoutDeclined('not-sold', locale));
    return edit(ctx, messages.premiumInfo(locale, await premiumFactsOf(ctx, deps)));
  }
  const subscription = await deps.payments.subscriptionOf(userId, deps.clock.now());
  if (subscription?.renewal === 'on') return answer(ctx, messages.checkoutDeclined('subscribed', locale));
  await answer(ctx);
  return sendSubscriptionLink(ctx, deps, { kind: 'subscription', stars: prices.subscription });
}

/** The update makes the invoice's payload unlike all others, also when it is handled again after a crash. */
function invoiceOf(ctx: BotContext, { messages }: BotDeps, order: Order) {
  const { title, words } = messages.invoice(order, ctx.speaker.locale);
  const payload = payloadFor(order, `tg-${ctx.update.update_id}`);
  return { title, words, payload, prices: [{ label: title, amount: order.stars }] };
}

async function sendInvoice(ctx: BotContext, deps: BotDeps, order: Order): Promise<void> {
  const { title, words, payload, prices } = invoiceOf(ctx, deps, order);
  // With a start parameter a forwarded copy leads here and cannot be paid by somebody else.
  await ctx.replyWithInvoice(title, words, payload, 'XTR', prices, { start_parameter: 'premium' });
}

/** Telegram sells subscriptions by links alone. */
async function sendSubscriptionLink(ctx: BotContext, deps: BotDeps, order: Order): Promise<void> {
  const { title, words, payload, prices } = invoiceOf(ctx, deps, order);
  const period = { subscription_period: subscriptionPeriodS };
  const link = await ctx.api.createInvoiceLink(title, words, payload, '', 'XTR', prices, period);
  await reply(ctx, deps.messages.subscriptionLink(link, order.stars, ctx.speaker.locale));
}

/**
 * Stops the renewal at Telegram, or lets the person resume it: only they can, in Telegram's settings, and Telegram then says
 * so by an update. What is paid for stays.
 */
async function pressRenewalButton(ctx: BotContext, deps: BotDeps, stops: boolean): Promise<void> {
  const { payments, messages, clock } = deps;
  const { userId, locale } = ctx.speaker;
  const subscription = await payments.subscriptionOf(userId, clock.now());
  if (subscription === undefined) return answer(ctx, messages.answer('expired', locale));
  await answer(ctx);
  try {
    await ctx.api.editUserStarSubscription(userId, subscription.chargeId, stops);
  } catch (error) {
    if (isTransient(classifyTelegramError(error))) throw error;
    return reply(ctx, messages.renewalUnreached(locale));
  }
  if (stops) await payments.setRenewal(userId, subscription.payload, 'canceled');
  await reply(ctx, messages.renewalSet(stops, subscription.untilMs, locale));
}
