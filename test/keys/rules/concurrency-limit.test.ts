import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConcurrencyLimit } from '../../../src/keys/rules/concurrency-limit.ts';

const minute = 60_000;

test('ConcurrencyLimit grows by a fraction for each success while it binds, so one seat a round', () => {
  const limit = new ConcurrencyLimit({ limit: 1 });
  const seats = Array.from({ length: 9 }, () => {
    limit.succeeded(limit.seats, limit.seats, 0);
    return limit.seats;
  });
  expect(seats).toEqual([2, 2, 2, 3, 3, 3, 4, 4, 4]);
});

test('ConcurrencyLimit does not grow while fewer calls than seats are under way', () => {
  const limit = new ConcurrencyLimit({ limit: 3 });
  for (let times = 0; times < 20; times += 1) limit.succeeded(2, 2, 0);
  expect(limit.record()).toEqual({ limit: 3 });
});

test('ConcurrencyLimit never grows beyond what the operator allows', () => {
  const limit = new ConcurrencyLimit({ limit: 1 }, 2);
  for (let times = 0; times < 20; times += 1) limit.succeeded(limit.seats, limit.seats, 0);
  expect(limit.seats).toBe(2);
  limit.setMax(1);
  expect(limit.seats).toBe(1);
});

test('ConcurrencyLimit falls to what was carried, keeps that ceiling for a minute and then tries exactly one more', () => {
  const limit = new ConcurrencyLimit({ limit: 6 });
  limit.refused(3, 0, 0);
  expect(limit.record()).toEqual({ limit: 3, ceiling: { seats: 3, tryAtMs: minute, holdMs: minute } });
  for (let times = 0; times < 20; times += 1) limit.succeeded(3, 3, 1);
  expect([limit.review(minute - 1), limit.seats]).toEqual([false, 3]);
  expect([limit.review(minute), limit.seats, limit.tryAtMs]).toEqual([true, 4, Infinity]);
  for (let times = 0; times < 20; times += 1) limit.succeeded(4, 3, minute);
  expect(limit.seats).toBe(4);
});

test('ConcurrencyLimit holds a ceiling twice as long each time that one more is refused, up to an hour', () => {
  const limit = new ConcurrencyLimit({ limit: 2 });
  let nowMs = 0;
  const holds = Array.from({ length: 8 }, () => {
    limit.refused(1, nowMs, nowMs);
    const holdMs = limit.tryAtMs - nowMs;
    nowMs = limit.tryAtMs;
    limit.review(nowMs);
    return holdMs / minute;
  });
  expect(holds).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
});

test('ConcurrencyLimit takes several refusals at once for one discovery', () => {
  const limit = new ConcurrencyLimit({ limit: 4 });
  limit.refused(3, 10, 10);
  limit.refused(2, 11, 11);
  limit.refused(1, 12, 12);
  expect(limit.record()).toEqual({ limit: 1, ceiling: { seats: 1, tryAtMs: minute + 12, holdMs: minute } });
});

test('ConcurrencyLimit has no ceiling any more once the call above it succeeded, and grows on', () => {
  const limit = new ConcurrencyLimit({ limit: 3 });
  limit.refused(2, 0, 0);
  limit.review(minute);
  limit.succeeded(3, 3, minute);
  expect(limit.record()).toEqual({ limit: 3 + 1 / 3 });
});

test('ConcurrencyLimit keeps its ceiling when of two calls that were sent together the second one was served', () => {
  const limit = new ConcurrencyLimit({ limit: 2 });
  limit.refused(1, 105, 105);
  limit.succeeded(1, 2, 100);
  expect(limit.record()).toEqual({ limit: 1, ceiling: { seats: 1, tryAtMs: minute + 105, holdMs: minute } });
  // Nor when that one took so long that one more is tried already.
  limit.review(minute + 105);
  limit.succeeded(2, 2, 100);
  expect(limit.record().ceiling?.seats).toBe(1);
});

test('ConcurrencyLimit goes on where it was left', () => {
  const record = { limit: 2, ceiling: { seats: 2, tryAtMs: 500, holdMs: minute } };
  expect(new ConcurrencyLimit(record).record()).toEqual(record);
  const shifted = new ConcurrencyLimit(record);
  shifted.shift(100);
  expect(shifted.tryAtMs).toBe(600);
});

test('ConcurrencyLimit always leaves one seat, never more than allowed, and finds an account that carries n to carry n', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 12 }), (carries, hint) => {
      const limit = new ConcurrencyLimit({ limit: hint }, 12);
      let refusals = 0;
      for (let nowMs = 0; nowMs < 30_000; nowMs += 100) {
        limit.review(nowMs);
        const sent = limit.seats;
        for (let nth = Math.min(sent, carries); nth >= 1; nth -= 1) limit.succeeded(sent, nth, nowMs);
        for (let nth = sent; nth > carries; nth -= 1) {
          refusals += 1;
          limit.refused(nth - 1, nowMs, nowMs);
        }
        expect(limit.seats).toBeGreaterThanOrEqual(1);
        expect(limit.seats).toBeLessThanOrEqual(12);
      }
      expect(limit.seats).toBe(carries);
      expect(refusals).toBeLessThanOrEqual(Math.max(1, hint - carries));
    }),
  );
});

test('ConcurrencyLimit carries what the provider tells, at once and never more, and what was learned before counts no longer', () => {
  const limit = new ConcurrencyLimit({ limit: 4 });
  limit.refused(1, 0, 0);
  limit.tell(3);
  expect(limit.record()).toEqual({ limit: 3, told: 3 });
  for (let times = 0; times < 20; times += 1) limit.succeeded(3, 3, 1);
  expect([limit.seats, limit.tryAtMs]).toEqual([3, Infinity]);
  limit.tell(10);
  expect(limit.seats).toBe(10);
  expect(new ConcurrencyLimit({ ...limit.record(), limit: 64 }).seats).toBe(10);
});

test('ConcurrencyLimit is lowered by refusals below what is told, which saying it again does not undo, and rises back to it', () => {
  const limit = new ConcurrencyLimit({ limit: 1 });
  limit.tell(3);
  limit.refused(1, 0, 0);
  limit.tell(3);
  expect(limit.seats).toBe(1);
  for (const seats of [2, 3]) {
    limit.review(limit.tryAtMs);
    expect(limit.seats).toBe(seats);
    limit.succeeded(seats, seats, 1);
    limit.refused(seats, 0, 0);
  }
  expect(limit.tryAtMs).toBe(Infinity);
});

test('ConcurrencyLimit does not believe a number of seats that is none, and the operator’s maximum counts before any', () => {
  const limit = new ConcurrencyLimit({ limit: 2 }, 4);
  for (const seats of [0, -1, 2.5, Number.NaN, Infinity]) limit.tell(seats);
  expect(limit.record()).toEqual({ limit: 2 });
  limit.tell(15);
  expect(limit.seats).toBe(4);
});
