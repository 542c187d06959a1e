import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { isTimeout, systemClock } from '../../src/kit/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';

test('systemClock.sleep() rejects with the reason as soon as its signal aborts', async () => {
  const stop = new AbortController();
  const nap = systemClock.sleep(3_600_000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(nap).rejects.toThrow('enough');
  await expect(systemClock.sleep(1, stop.signal)).rejects.toThrow('enough');
});

test('systemClock.deadline() distinguishes a passed deadline from its parent’s reason', async () => {
  const passed = systemClock.deadline(0);
  await new Promise((resolve) => passed.addEventListener('abort', resolve, { once: true }));
  expect(isTimeout(passed.reason)).toBe(true);
  const parent = new AbortController();
  const inherited = systemClock.deadline(3_600_000, parent.signal);
  parent.abort(new Error('closing'));
  expect([inherited.aborted, isTimeout(inherited.reason)]).toEqual([true, false]);
});

test('systemClock accepts waits that exceed the longest timer, without firing at once', async () => {
  let fired = false;
  using _alarm = systemClock.schedule(2 ** 40, () => {
    fired = true;
  });
  const far = systemClock.deadline(2 ** 40);
  await new Promise((resolve) => setImmediate(resolve));
  expect([fired, far.aborted]).toEqual([false, false]);
});

test('systemClock.sleep() does not end at once when it exceeds the longest timer', async () => {
  const stop = new AbortController();
  const slept = systemClock.sleep(2 ** 40, stop.signal).then(
    () => 'slept',
    () => 'stopped',
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(new Error('closing'));
  expect(await slept).toBe('stopped');
});

test('a disposed deadline never aborts, and leaves no timer and no listener', async () => {
  const clock = fakeClock();
  const parent = new AbortController();
  const deadline = clock.deadline(1_000, parent.signal);
  deadline[Symbol.dispose]();
  expect([clock.pending, getEventListeners(parent.signal, 'abort')]).toEqual([0, []]);
  await clock.advance(2_000);
  parent.abort();
  expect(deadline.aborted).toBe(false);
});

test('a deadline that has aborted, or whose parent aborted first, leaves nothing either', async () => {
  const clock = fakeClock();
  const parent = new AbortController();
  const [near, far] = [clock.deadline(1_000, parent.signal), clock.deadline(9_000, parent.signal)];
  await clock.advance(1_000);
  expect([isTimeout(near.reason), getEventListeners(parent.signal, 'abort').length]).toEqual([true, 1]);
  parent.abort(new Error('closing'));
  expect([far.reason, clock.pending]).toEqual([new Error('closing'), 0]);
  expect(clock.deadline(1_000, parent.signal).aborted).toBe(true);
  expect(clock.pending).toBe(0);
});
