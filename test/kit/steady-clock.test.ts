import { expect, test } from 'vitest';
import { steadyClock } from '../../src/kit/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';

test('steadyClock() runs evenly when the machine’s clock is set, and follows when shifted', async () => {
  const machine = fakeClock();
  const steady = steadyClock(machine);
  const startMs = machine.now();
  await machine.advance(1_000);
  machine.jump(3_600_000);
  await machine.advance(1_000);
  expect([steady.now(), machine.now()]).toEqual([startMs + 2_000, startMs + 3_602_000]);
  steady.shift(3_600_000);
  expect(steady.now()).toBe(machine.now());
});

test('steadyClock() keeps the machine’s timers', async () => {
  const machine = fakeClock();
  const steady = steadyClock(machine);
  const ran: number[] = [];
  steady.schedule(500, () => ran.push(steady.monotonicMs()));
  await machine.advance(500);
  expect(ran).toEqual([machine.monotonicMs()]);
});
