import { expect, test } from 'vitest';
import { attemptTimeoutMs } from '../../src/jobs/next-call.ts';

const facts = { capMs: 90_000, leftMs: 600_000, latency: { samples: 20, p99Ms: 10_000 }, hasTimedOut: false };

test.each([
  ['three times the slowest when that is known', facts, 30_000],
  ['a quarter of the cap at least', { ...facts, latency: { samples: 20, p99Ms: 50 } }, 22_500],
  ['the cap at most', { ...facts, latency: { samples: 200, p99Ms: 80_000 } }, 90_000],
  ['the cap before twenty calls were measured', { ...facts, latency: { samples: 19, p99Ms: 10 } }, 90_000],
  ['the cap when nothing is known', { ...facts, latency: undefined }, 90_000],
  ['the cap after the job has timed out, for its model may be starting', { ...facts, hasTimedOut: true }, 90_000],
  ['what is left of the deadline when that is less', { ...facts, leftMs: 7_000 }, 7_000],
  ['what is left also after it has timed out', { ...facts, hasTimedOut: true, leftMs: 7_000 }, 7_000],
])('attemptTimeoutMs() is %s', (_what, given, expected) => {
  expect(attemptTimeoutMs(given)).toBe(expected);
});
