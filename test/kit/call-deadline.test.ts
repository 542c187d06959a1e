import { expect, test } from 'vitest';
import { CallDeadline, isTimeout } from '../../src/kit/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';

test('CallDeadline aborts as timed out when the time has passed', async () => {
  const clock = fakeClock();
  using deadline = new CallDeadline(1_000, new AbortController().signal, clock);
  await clock.advance(999);
  expect(deadline.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(isTimeout(deadline.signal.reason)).toBe(true);
});

test('CallDeadline aborts with the parent’s reason, also one that was aborted before', () => {
  const clock = fakeClock();
  const parent = new AbortController();
  using before = new CallDeadline(1_000, parent.signal, clock);
  parent.abort(new Error('the bot closes'));
  using after = new CallDeadline(1_000, parent.signal, clock);
  expect([before.signal.reason, after.signal.reason].map(String)).toEqual([
    'Error: the bot closes',
    'Error: the bot closes',
  ]);
});

test('CallDeadline leaves nothing behind', () => {
  const clock = fakeClock();
  const parent = new AbortController();
  const deadline = new CallDeadline(1_000, parent.signal, clock);
  deadline[Symbol.dispose]();
  parent.abort(new Error('too late'));
  expect({ timers: clock.pending, aborted: deadline.signal.aborted }).toEqual({ timers: 0, aborted: false });
});

test('CallDeadline.answerOf() answers what the call answers, also when it ends a while after it was told to', async () => {
  const clock = fakeClock();
  using deadline = new CallDeadline(1_000, new AbortController().signal, clock);
  const { promise: call, resolve } = Promise.withResolvers<string>();
  const answer = deadline.answerOf(call);
  await clock.advance(30_999);
  resolve('late');
  expect(await answer).toBe('late');
});

test.each([
  ['its time has passed', undefined],
  ['its parent aborted', 400],
])('CallDeadline.answerOf() leaves a call behind that goes on for 30 s after %s', async (_why, abortAtMs) => {
  const clock = fakeClock();
  const parent = new AbortController();
  using deadline = new CallDeadline(1_000, parent.signal, clock);
  const endings: unknown[] = [];
  void deadline.answerOf(new Promise(() => undefined)).catch((error: unknown) => endings.push(error));
  await clock.advance(abortAtMs ?? 1_000);
  if (abortAtMs !== undefined) parent.abort(new Error('cancelled'));
  await clock.advance(29_999);
  expect(endings).toEqual([]);
  await clock.advance(1);
  expect(endings).toMatchObject([{ name: 'StopTimeoutError' }]);
});
