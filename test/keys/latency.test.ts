import { expect, test } from 'vitest';
import { LatencyHistogram, PeakEwma } from '../../src/keys/rules/latency.ts';
import { aPool, seatOf } from '../support/a-pool.ts';
import { aKey } from '../support/builders.ts';

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
