import { expect, test } from 'vitest';
import { laneComparison, laneWaitsOf } from '../../../src/domain/payments/lane-waits.ts';
import { payloadFor, type PriceList, readPayload, refusalOfCheckout } from '../../../src/domain/payments/price-list.ts';
import { afterPaymentEvent, type PaymentEvent, type PaymentState } from '../../../src/domain/payments/payment.ts';

const prices: PriceList = { packs: [{ results: 20, stars: 50 }], subscription: 250 };
const pack = { kind: 'pack', results: 20, stars: 50 } as const;

test('payloadFor() is read back, fits into 128 bytes, and nothing else is one of ours', () => {
  const orders = [pack, { kind: 'subscription', stars: 250 } as const];
  for (const order of orders) {
    const payload = payloadFor(order, 'tg-123456789012345');
    expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(128);
    expect(readPayload(payload)).toEqual(order);
  }
  for (const other of [
    '',
    'order-1',
    'v2:pack:20:50:x',
    'v1:pack:0:50:x',
    'v1:pack:20:-5:x',
    'v1:gift:20:x',
    'v1:pack:20:50:',
  ]) {
    expect(readPayload(other)).toBeUndefined();
  }
});

test.each([
  [undefined, { stars: 50, payload: payloadFor(pack, 'n') }, false],
  ['price-changed', { stars: 40, payload: payloadFor({ ...pack, stars: 40 }, 'n') }, false],
  ['price-changed', { stars: 49, payload: payloadFor(pack, 'n') }, false],
  ['not-sold', { stars: 50, payload: payloadFor({ ...pack, results: 30 }, 'n') }, false],
  ['not-sold', { stars: 50, payload: 'order-1' }, false],
  ['subscribed', { stars: 250, payload: payloadFor({ kind: 'subscription', stars: 250 }, 'n') }, true],
  [undefined, { stars: 250, payload: payloadFor({ kind: 'subscription', stars: 250 }, 'n') }, false],
] as const)('refusalOfCheckout() is %s', (expected, checkout, isSubscribed) => {
  expect(refusalOfCheckout({ currency: 'XTR', ...checkout }, prices, isSubscribed)).toBe(expected);
  expect(refusalOfCheckout({ currency: 'EUR', ...checkout }, prices, isSubscribed)).toBe('not-sold');
});

test.each<[PaymentState | 'unseen', PaymentEvent, boolean, PaymentState | 'unseen']>([
  ['unseen', 'charged', true, 'credited'],
  ['unseen', 'charged', false, 'paid'],
  ['unseen', 'refunded', true, 'refunded'],
  ['unseen', 'refund-begun', true, 'unseen'],
  ['paid', 'charged', true, 'credited'],
  ['credited', 'charged', true, 'credited'],
  ['credited', 'refund-begun', true, 'refunding'],
  ['credited', 'refund-refused', true, 'credited'],
  ['refunding', 'charged', true, 'refunding'],
  ['refunding', 'refund-refused', true, 'credited'],
  ['refunding', 'refund-refused', false, 'paid'],
  ['refunding', 'refunded', true, 'refunded'],
  ['refunded', 'charged', true, 'refunded'],
  ['refunded', 'refund-refused', true, 'refunded'],
])('afterPaymentEvent() of %s after %s (known: %s) is %s', (state, event, isKnown, expected) => {
  expect(afterPaymentEvent(state, event, isKnown)).toBe(expected);
});

test('laneComparison() claims a faster lane only where enough requests show one that is felt', () => {
  const of = (lane: 'premium' | 'free', waitMs: number, times = 20) =>
    Array.from({ length: times }, () => ({ lane, waitMs }));
  const compared = (...waits: ReturnType<typeof of>[]) => laneComparison(laneWaitsOf(waits.flat()));
  expect(compared(of('premium', 2_000), of('free', 60_000))).toEqual({
    kind: 'faster',
    premiumMs: 2_000,
    freeMs: 60_000,
  });
  expect(compared(of('premium', 100), of('free', 900))).toEqual({ kind: 'same' });
  expect(compared(of('premium', 60_000), of('free', 61_000))).toEqual({ kind: 'same' });
  expect(compared(of('premium', 2_000, 19), of('free', 60_000))).toEqual({ kind: 'unmeasured' });
});
