/** A number of results for a number of Telegram Stars, paid once. */
export type Pack = { readonly results: number; readonly stars: number };

/** What is for sale; with no pack and no subscription the bot sells nothing and speaks of no payment. */
export type PriceList = {
  /** In the order in which they are shown; no two have the same number of results. */
  readonly packs: readonly Pack[];
  /** Stars for 30 days of premium, renewed by Telegram; undefined where it is not sold. */
  readonly subscription: number | undefined;
};

export const nothingForSale: PriceList = { packs: [], subscription: undefined };

export function isSelling({ packs, subscription }: PriceList): boolean {
  return packs.length > 0 || subscription !== undefined;
}

/** The only period that Telegram offers for a subscription in Stars. */
export const subscriptionPeriodS = 2_592_000;

/** What one invoice is for, at the price of the day on which it was made. */
export type Order =
  | { readonly kind: 'pack'; readonly results: number; readonly stars: number }
  | { readonly kind: 'subscription'; readonly stars: number };

/**
 * The payload of an invoice: at most 128 bytes that Telegram keeps for us, never shows, and sends back with the payment.
 * It carries the whole order, so a payment is understood without any row of ours. `nonce` makes each invoice unlike all
 * others: renewals of one subscription share the payload of their first payment.
 */
export function payloadFor(order: Order, nonce: string): string {
  const what = order.kind === 'pack' ? `pack:${order.results}` : 'subscription';
  return `v1:${what}:${order.stars}:${nonce}`;
}

const payload = /^v1:(?:pack:([1-9][0-9]{0,6})|subscription):([1-9][0-9]{0,6}):[\w-]{1,64}$/;

/** Parses a payload of ours; undefined for any other. */
export function readPayload(text: string): Order | undefined {
  const [, results, stars] = payload.exec(text) ?? [];
  if (stars === undefined) return undefined;
  return results === undefined
    ? { kind: 'subscription', stars: Number(stars) }
    : { kind: 'pack', results: Number(results), stars: Number(stars) };
}

/** Why a payment is declined before any Star has moved. */
export type CheckoutRefusal = 'not-sold' | 'price-changed' | 'subscribed';

/** Checks an open checkout against what is sold now; undefined accepts it. `isSubscribed`: the payer already subscribes. */
export function refusalOfCheckout(
  checkout: { readonly currency: string; readonly stars: number; readonly payload: string },
  prices: PriceList,
  isSubscribed: boolean,
): CheckoutRefusal | undefined {
  const order = readPayload(checkout.payload);
  if (order === undefined || checkout.currency !== 'XTR') return 'not-sold';
  const price =
    order.kind === 'subscription'
      ? prices.subscription
      : prices.packs.find(({ results }) => results === order.results)?.stars;
  if (price === undefined) return 'not-sold';
  if (price !== order.stars || price !== checkout.stars) return 'price-changed';
  return order.kind === 'subscription' && isSubscribed ? 'subscribed' : undefined;
}
