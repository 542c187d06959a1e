import { expect, test } from 'vitest';
import { addedLatency } from '../../bench/added-latency.ts';

test('addedLatency() calls everybody as often and measures from the first', async () => {
  const calls = { first: 0, second: 0 };
  const count = (name: keyof typeof calls) => async () => void (calls[name] += 1);
  const latency = await addedLatency(
    [
      { name: 'first', call: count('first') },
      { name: 'second', call: count('second') },
    ],
    5,
  );
  expect(latency.map(({ name }) => name)).toEqual(['first', 'second']);
  expect(latency[0]).toMatchObject({ addedP50Us: 0, addedP99Us: 0 });
  expect(calls.second).toBe(calls.first);
});

test('addedLatency() sees what a call does beyond the first one', async () => {
  const busyMs = 0.2;
  const work = async () => {
    const untilMs = performance.now() + busyMs;
    while (performance.now() < untilMs);
  };
  const [, working] = await addedLatency(
    [
      { name: 'idle', call: async () => undefined },
      { name: 'working', call: work },
    ],
    5,
  );
  expect(working?.addedP50Us).toBeGreaterThan(100);
});
