import { expect, test } from 'vitest';
import { CallCounts } from '../../../src/keys/rules/call-statistics.ts';
import { failures } from '../../support/a-pool.ts';

const day = 86_400_000;
const noon = 20_000 * day + day / 2;

test('CallCounts knows nothing before the first call', () => {
  expect(new CallCounts().health(noon)).toEqual({
    calls: 0,
    successes: 0,
    errors: {},
    consecutiveErrors: 0,
    callsToday: 0,
    day: 20_000,
  });
});

test('CallCounts counts what became of each call', () => {
  const counts = new CallCounts();
  counts.succeeded(100, noon);
  counts.succeeded(300, noon + 1);
  counts.failed(failures.down, noon + 2);
  counts.failed(failures.bad, noon + 3);
  expect(counts.health(noon + 3)).toEqual({
    calls: 4,
    successes: 2,
    errors: { overloaded: 1, refused: 1 },
    consecutiveErrors: 1,
    callsToday: 4,
    day: 20_000,
    successRate: expect.closeTo(2 / 3) as number,
    meanLatencyMs: 200,
    p95LatencyMs: 300,
    lastUsedMs: noon + 3,
    lastError: { reason: 'refused', atMs: noon + 3 },
  });
});

test('CallCounts begins each UTC day anew', () => {
  const counts = new CallCounts();
  for (const atMs of [noon, noon + 1, noon + day]) counts.succeeded(1, atMs);
  expect([noon, noon + day, noon + 2 * day].map((atMs) => counts.health(atMs).callsToday)).toEqual([0, 1, 0]);
});

test('CallCounts goes on where an earlier run was left', () => {
  const before = new CallCounts();
  before.succeeded(40, noon);
  before.failed(failures.limited, noon + 1);
  const after = new CallCounts(before.health(noon));
  expect(after.health(noon)).toEqual(before.health(noon));
  after.succeeded(60, noon + 2);
  expect(after.health(noon)).toMatchObject({ calls: 3, successes: 2, consecutiveErrors: 0, meanLatencyMs: 60 });
});

test('CallCounts forgets latencies beyond the last 64', () => {
  const counts = new CallCounts();
  for (let call = 0; call < 64; call += 1) counts.succeeded(1_000, noon);
  for (let call = 0; call < 64; call += 1) counts.succeeded(10, noon);
  expect(counts.health(noon)).toMatchObject({ meanLatencyMs: 10, p95LatencyMs: 10 });
});

test('CallCounts follows a success rate that changes', () => {
  const counts = new CallCounts();
  for (let call = 0; call < 100; call += 1) counts.succeeded(1, noon);
  for (let call = 0; call < 8; call += 1) counts.failed(failures.cut, noon);
  expect(counts.health(noon).successRate).toBeCloseTo(0.34, 2);
});
