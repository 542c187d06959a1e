import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConcurrencyLimit } from '../../../src/keys/rules/account-limits.ts';
import { CallWindow } from '../../../src/keys/rules/call-window.ts';
import { LatencyHistogram, maxWindowCalls, PeakEwma, CallStarts } from '../../../src/keys/rules/call-statistics.ts';
import { aPool, seatOf } from '../../support/a-pool.ts';
import { aKey } from '../../support/builders.ts';

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

test('PeakEwma takes a slower call at once and a faster one little by little', () => {
  const average = new PeakEwma(100, 0);
  average.note(400, 1_000);
  const slow = average.ms;
  average.note(100, 2_000);
  const soon = average.ms;
  average.note(100, 40_000);
  expect([slow, Math.round(soon), Math.round(average.ms)]).toEqual([400, 371, 106]);
});

test('LatencyHistogram tells the middle and the p99 of the last 200 calls', () => {
  const histogram = new LatencyHistogram(0);
  expect([histogram.samples, histogram.medianMs, histogram.p99Ms]).toEqual([0, undefined, undefined]);
  for (let call = 0; call < 500; call += 1) histogram.note(9_000);
  for (let ms = 1; ms <= 200; ms += 1) histogram.note(ms);
  expect([
    histogram.samples,
    Math.round((histogram.medianMs ?? 0) / 10),
    Math.round((histogram.p99Ms ?? 0) / 10),
  ]).toEqual([200, 10, 20]);
});

test('LatencyHistogram answers at once after the first calls', () => {
  const histogram = new LatencyHistogram(0);
  histogram.note(10);
  const first = histogram.medianMs;
  histogram.note(30);
  histogram.note(50);
  expect([first, histogram.medianMs]).toEqual([10, 30]);
});

test('KeyPool.expectedMs() and latency() speak of one model and kind, all keys together', () => {
  const { pool } = aPool({ keys: [aKey(1), aKey(2), aKey(3)] });
  const seats = [seatOf(pool), seatOf(pool), seatOf(pool)];
  for (const [index, seat] of seats.entries()) {
    seat.release({ kind: 'succeeded', ms: (index + 1) * 100, model: 'org/a', job: 'image' });
  }
  expect(pool.expectedMs('bytez', 'org/a', 'image')).toBe(200);
  expect(pool.latency('bytez', 'org/a', 'image')).toEqual({ samples: 3, p99Ms: 300 });
  const unknown = [
    pool.expectedMs('bytez', 'org/a', 'video'),
    pool.latency('bytez', 'org/b', 'image'),
    pool.expectedMs('openai', 'org/a', 'image'),
  ];
  expect(unknown).toEqual([undefined, undefined, undefined]);
});

const day = 86_400_000;
const perMinute = (limit: number) => ({ limit, lengthMs: minute });
const refusedAt = (nowMs: number) => ({ nowMs, laterCalls: 0, isRefusal: true });
const answeredAt = (nowMs: number, laterCalls = 0) => ({ nowMs, laterCalls, isRefusal: false });
const startsAt = (...starts: number[]) => {
  return () => starts;
};

test('CallWindow shuts after as many calls as a refusal named, until the first of them is out of the span', () => {
  const window = new CallWindow();
  window.tell(perMinute(3), refusedAt(10_000));
  expect(window.shutUntilMs(startsAt(1_000, 2_000), 10_000)).toBeUndefined();
  expect(window.shutUntilMs(startsAt(1_000, 2_000, 9_000), 10_000)).toBe(1_000 + minute + 1_000);
  expect(window.shutUntilMs(startsAt(1_000, 2_000, 9_000), 62_000)).toBeUndefined();
});

test('CallWindow counts down what an answer says is left, and believes the next answer instead', () => {
  const window = new CallWindow();
  window.tell({ limit: 5, remaining: 2, resetsAtMs: minute }, answeredAt(0));
  window.sent(1);
  expect(window.shutUntilMs(startsAt(), 1)).toBeUndefined();
  window.sent(2);
  expect(window.shutUntilMs(startsAt(), 2)).toBe(minute);
  window.tell({ limit: 5, remaining: 3, resetsAtMs: minute }, answeredAt(3, 1));
  expect(window.shutUntilMs(startsAt(), 3)).toBeUndefined();
  window.tell({ limit: 5, remaining: 1, resetsAtMs: minute }, answeredAt(4, 1));
  expect(window.shutUntilMs(startsAt(), 4)).toBe(minute);
  window.notSent();
  expect(window.shutUntilMs(startsAt(), 5)).toBeUndefined();
});

test('CallWindow counts a window anew after its end, for as long as it was seen to last', () => {
  const window = new CallWindow();
  window.tell({ limit: 2, remaining: 1, resetsAtMs: minute }, answeredAt(0));
  for (const ms of [minute, minute + 5]) window.sent(ms);
  expect(window.shutUntilMs(startsAt(), minute + 5)).toBe(2 * minute);
});

test.each([
  ['a limit of none beside a success', { limit: 0, remaining: 0, resetsAtMs: minute }],
  ['an end that is more than a day ahead', { limit: 5, remaining: 0, resetsAtMs: 2 * day }],
  ['an end that has passed', { limit: 5, remaining: 0, resetsAtMs: -1 }],
  ['an end that is no number', { limit: 5, remaining: 0, resetsAtMs: Number.NaN }],
  ['nothing left and no end', { limit: 5, remaining: 0 }],
  ['a negative rest', { limit: 5, remaining: -1, resetsAtMs: minute }],
  ['more left than there is', { limit: 5, remaining: 9, resetsAtMs: minute }],
  ['a limit that is no number', { limit: Number.NaN, remaining: 0, resetsAtMs: minute }],
  ['a span of a success, which refused nothing', { limit: 1, lengthMs: minute }],
])('CallWindow does not believe %s', (_what, said) => {
  const window = new CallWindow();
  window.tell(said, answeredAt(0));
  expect([window.isUnknown, window.shutUntilMs(startsAt(0, 0, 0), 1)]).toEqual([true, undefined]);
});

test.each([0, -5, 1.5, Number.NaN, maxWindowCalls + 1])('CallWindow learns no limit of %s from a refusal', (limit) => {
  const window = new CallWindow();
  window.tell(perMinute(limit), refusedAt(0));
  window.tell({ limit: 5, lengthMs: 2 * day }, refusedAt(0));
  expect(window.isUnknown).toBe(true);
});

test('CallWindow forgets what it learned after a day, when more were carried, and when an answer allows more', () => {
  const learned = () => {
    const window = new CallWindow();
    window.tell(perMinute(1), refusedAt(0));
    return window;
  };
  expect(learned().shutUntilMs(startsAt(day - 5), day - 1)).toBe(day - 5 + minute + 1_000);
  expect(learned().shutUntilMs(startsAt(day - 5), day)).toBeUndefined();
  const refuted = learned();
  refuted.carried([10, 20], 20);
  expect(refuted.shutUntilMs(startsAt(10, 20), 30)).toBeUndefined();
  const raised = learned();
  raised.tell({ limit: 50, remaining: 40, resetsAtMs: minute }, answeredAt(10));
  expect(raised.shutUntilMs(startsAt(10, 20), 30)).toBeUndefined();
});

test('CallWindow knows after a restart what it had learned, and the calls that still count', () => {
  const window = new CallWindow();
  window.tell(perMinute(2), refusedAt(0));
  const record = window.record([1, minute, minute + 5, minute + 9], 2 * minute);
  expect(record).toEqual({ limit: 2, lengthMs: minute, untilMs: day, starts: [minute + 5, minute + 9] });
  const starts = new CallStarts(record?.starts);
  expect(new CallWindow(record).shutUntilMs(() => starts.all, 2 * minute)).toBe(2 * minute + 1_005);
});

test('CallStarts takes out one refused call, and keeps no more than it needs', () => {
  const starts = new CallStarts();
  for (const ms of [1, 2, 2, 3]) starts.add(ms, false);
  starts.remove(2);
  starts.remove(9);
  expect(starts.all).toEqual([1, 2, 3]);
  for (let ms = 4; ms < 2_000; ms += 1) starts.add(ms, true);
  expect(starts.all.length).toBeLessThan(2 * maxWindowCalls);
  expect(starts.all.at(-1)).toBe(1_999);
});

const perDay = (limit: number) => ({ limit, lengthMs: day });

test('CallWindow counts the calls of a day that a refusal named, from the first one after its end', () => {
  const window = new CallWindow();
  expect(window.tell({ ...perDay(2), resetsAtMs: 5 * minute }, refusedAt(0))).toBe(true);
  expect(window.shutUntilMs(startsAt(), 0)).toBe(5 * minute);
  expect(window.shutUntilMs(startsAt(), 5 * minute)).toBeUndefined();
  window.sent(6 * minute);
  expect(window.shutUntilMs(startsAt(), 6 * minute)).toBeUndefined();
  window.sent(9 * minute);
  expect(window.shutUntilMs(startsAt(), 9 * minute)).toBe(6 * minute + day);
  window.notSent();
  expect(window.shutUntilMs(startsAt(), 9 * minute)).toBeUndefined();
});

test('CallWindow that is told no end of the day shuts nothing, and counts from the first call that is carried', () => {
  const window = new CallWindow();
  window.tell(perDay(1), refusedAt(0));
  expect(window.shutUntilMs(startsAt(), 1)).toBeUndefined();
  window.sent(60 * minute);
  expect(window.shutUntilMs(startsAt(), 61 * minute)).toBe(60 * minute + day);
});

test('CallWindow knows the count of a day after a restart, and forgets it after three days without a refusal', () => {
  const window = new CallWindow();
  window.tell(perDay(2), refusedAt(0));
  window.sent(minute);
  window.sent(minute);
  const record = window.record([], 2 * minute);
  const again = new CallWindow(record);
  expect(again.shutUntilMs(startsAt(), 2 * minute)).toBe(minute + day);
  again.shift(minute);
  expect(again.shutUntilMs(startsAt(), 2 * minute)).toBe(2 * minute + day);
  for (const ms of [3 * day, 3 * day + minute, 3 * day + 2 * minute]) again.sent(ms + minute);
  expect([again.isUnknown, again.record([], 4 * day)]).toEqual([true, undefined]);
});

test('a provider that takes so many calls a day refuses none on the day after a refusal, and loses none of its day but the delay', () => {
  const limits = fc.integer({ min: 1, max: 40 });
  const gaps = fc.array(fc.integer({ min: 1, max: 3 * 60 * minute }), { minLength: 30, maxLength: 300 });
  fc.assert(
    fc.property(limits, fc.boolean(), gaps, (limit, saysWhen, waits) => {
      const window = new CallWindow();
      let [nowMs, endsAtMs, used, benchedUntilMs] = [0, 0, 0, 0];
      const refusals: number[] = [];
      for (const wait of waits) {
        nowMs += wait;
        if (nowMs < benchedUntilMs || window.shutUntilMs(startsAt(), nowMs) !== undefined) continue;
        if (nowMs >= endsAtMs) [endsAtMs, used] = [(Math.floor(nowMs / day) + 1) * day, 0];
        window.sent(nowMs);
        if (used < limit) {
          used += 1;
          continue;
        }
        refusals.push(nowMs);
        window.tell({ ...perDay(limit), ...(saysWhen ? { resetsAtMs: endsAtMs } : {}) }, refusedAt(nowMs));
        benchedUntilMs = endsAtMs;
      }
      for (const [index, atMs] of refusals.entries()) {
        // The day that is counted begins with a call, so the one after the next may hold parts of two.
        const daysLater = Math.floor((refusals[index + 1] ?? Infinity) / day) - Math.floor(atMs / day);
        expect(daysLater).toBeGreaterThanOrEqual(2);
      }
    }),
    { examples: [[1, false, [day / 2, 1, day - 2, 1, day / 2, day / 3, 1]]] },
  );
});
