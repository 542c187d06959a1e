import { expect, test } from 'vitest';
import { OutageTracker } from '../../src/kit/outage-tracker.ts';
import { fakeClock } from '../support/fake-clock.ts';

function aWatch() {
  const clock = fakeClock();
  const startMs = clock.monotonicMs();
  const said: string[] = [];
  const machine = { isWell: false };
  const watch = new OutageTracker({
    clock,
    isOver: () => machine.isWell,
    onBegin: (error) => said.push(`${clock.monotonicMs() - startMs} ${String(error)}`),
    onEnd: (lastedMs) => said.push(`${clock.monotonicMs() - startMs} over after ${lastedMs}`),
  });
  return { clock, said, machine, watch };
}

test('OutageTracker reports the beginning of an outage once and its end once', async () => {
  const { clock, said, machine, watch } = aWatch();
  for (let times = 0; times < 1_000; times += 1) watch.recordFailure('full');
  await clock.advance(60_000);
  expect([said, watch.isOn]).toEqual([['0 full'], true]);
  machine.isWell = true;
  await clock.advance(10_000);
  expect([said, watch.isOn]).toEqual([['0 full', '62000 over after 62000'], false]);
  expect(clock.pending).toBe(0);
});

test('OutageTracker reports no end while calls still fail', async () => {
  const { clock, said, machine, watch } = aWatch();
  machine.isWell = true;
  for (let times = 0; times < 10; times += 1) {
    watch.recordFailure('full');
    await clock.advance(1_000);
  }
  expect(said).toEqual(['0 full']);
  await clock.advance(1_000);
  expect(said).toEqual(['0 full', '11000 over after 11000']);
});

test('OutageTracker reports an outage that comes and goes less and less often', async () => {
  const { clock, said, machine, watch } = aWatch();
  machine.isWell = true;
  for (let second = 0; second < 3_600; second += 1) {
    if (!watch.isOn) watch.recordFailure('full');
    await clock.advance(1_000);
  }
  expect(said.length).toBeLessThan(140);
});

test('OutageTracker reports nothing once it is disposed', async () => {
  const { clock, said, machine, watch } = aWatch();
  watch.recordFailure('full');
  watch[Symbol.dispose]();
  machine.isWell = true;
  await clock.advance(60_000);
  expect(said).toEqual(['0 full']);
});
