import { expect, test } from 'vitest';
import { attemptTimeoutMs, callDeadline } from '../../src/generation/attempt-timeout.ts';
import { isTimeout } from '../../src/kit/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';

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

test('callDeadline() aborts as timed out when the time has passed', async () => {
  const clock = fakeClock();
  using deadline = callDeadline(1_000, new AbortController().signal, clock);
  await clock.advance(999);
  expect(deadline.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(isTimeout(deadline.signal.reason)).toBe(true);
});

test('callDeadline() aborts with the parent’s reason, also one that was aborted before', () => {
  const clock = fakeClock();
  const parent = new AbortController();
  using before = callDeadline(1_000, parent.signal, clock);
  parent.abort(new Error('the house closes'));
  using after = callDeadline(1_000, parent.signal, clock);
  expect([before.signal.reason, after.signal.reason].map(String)).toEqual([
    'Error: the house closes',
    'Error: the house closes',
  ]);
});

test('callDeadline() leaves nothing behind', () => {
  const clock = fakeClock();
  const parent = new AbortController();
  const deadline = callDeadline(1_000, parent.signal, clock);
  deadline[Symbol.dispose]();
  parent.abort(new Error('too late'));
  expect({ timers: clock.pending, aborted: deadline.signal.aborted }).toEqual({ timers: 0, aborted: false });
});
