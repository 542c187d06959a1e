import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { calendarDay, isTimeout, systemClock, utcDay } from '../../src/kit/clock.ts';
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

const hourMs = 3_600_000;
const at = (iso: string) => Date.parse(iso);

test.each([
  ['UTC', '2026-01-01T00:00Z'],
  ['Europe/Madrid', '2025-12-31T23:00Z'],
  ['America/New_York', '2026-01-01T05:00Z'],
  ['Asia/Kathmandu', '2025-12-31T18:15Z'],
  ['Pacific/Kiritimati', '2025-12-31T10:00Z'],
])('calendarDay("%s") begins the first of January at %s', (zone, iso) => {
  const day = calendarDay(zone);
  const first = utcDay.dayOf(at('2026-01-01T00:00Z'));
  expect([day?.dayOf(at(iso) - 1), day?.dayOf(at(iso))]).toEqual([first - 1, first]);
  expect(day?.nextDayMs(at(iso) - 1)).toBe(at(iso));
  expect(day?.nextDayMs(at(iso))).toBe(at(iso) + 24 * hourMs);
});

test('a day on which clocks are changed has 23 or 25 hours', () => {
  const madrid = calendarDay('Europe/Madrid');
  const spring = at('2026-03-28T23:00Z');
  const autumn = at('2026-10-24T22:00Z');
  expect(madrid?.nextDayMs(spring)).toBe(spring + 23 * hourMs);
  expect(madrid?.nextDayMs(autumn)).toBe(autumn + 25 * hourMs);
});

test('calendarDay() gives the same value for the same zone, and none for a zone that there is not', () => {
  expect(calendarDay('Europe/Madrid')).toBe(calendarDay('Europe/Madrid'));
  expect(calendarDay('Europe/Atlantis')).toBeUndefined();
});
