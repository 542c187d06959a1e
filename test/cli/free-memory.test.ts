import { expect, test } from 'vitest';
import { freeMemoryWhenQuiet, processMemory } from '../../src/cli/start.ts';
import { fakeClock } from '../support/fake-clock.ts';

const much = 30_000_000;
const little = 2_000_000;

/** A process whose load and memory the test sets; it records when memory was freed. */
function aProcess({ youngBytes = much } = {}) {
  const clock = fakeClock();
  const state = { busyMs: 0, youngBytes, freedAtMs: [] as number[] };
  const freeing = freeMemoryWhenQuiet(clock, {
    busyMs: () => state.busyMs,
    youngBytes: () => state.youngBytes,
    freeMemory: () => {
      state.youngBytes = little;
      state.freedAtMs.push(clock.monotonicMs());
    },
  });
  return { clock, state, [Symbol.dispose]: () => freeing[Symbol.dispose]() };
}

/** Is busy a tenth of the time. */
async function work({ clock, state }: ReturnType<typeof aProcess>, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
    state.busyMs += 100;
    await clock.advance(1_000);
  }
}

test('freeMemoryWhenQuiet() waits until the process is quiet', async () => {
  using app = aProcess();
  await work(app, 20_000);
  expect(app.state.freedAtMs).toEqual([]);
  await app.clock.advance(10_000);
  expect(app.state.freedAtMs).toEqual([22_000]);
});

test('freeMemoryWhenQuiet() skips a small heap', async () => {
  using app = aProcess({ youngBytes: little });
  await app.clock.advance(600_000);
  expect(app.state.freedAtMs).toEqual([]);
});

test('freeMemoryWhenQuiet() pauses at most once a minute', async () => {
  using app = aProcess();
  await app.clock.advance(10_000);
  app.state.youngBytes = much;
  await app.clock.advance(600_000);
  expect(app.state.freedAtMs).toEqual([2_000, 62_000]);
});

test('freeMemoryWhenQuiet() ends when it is disposed', async () => {
  const app = aProcess();
  app[Symbol.dispose]();
  await app.clock.advance(600_000);
  expect(app.state.freedAtMs).toEqual([]);
  expect(app.clock.pending).toBe(0);
});

test('processMemory.freeMemory() shrinks the space for new objects and leaves no flag of V8 set', () => {
  // Objects that survive two collections make V8 enlarge the space.
  const kept = Array.from({ length: 400_000 }, (_, index) => ({ index }));
  const before = processMemory.youngBytes();
  processMemory.freeMemory();
  expect(kept).toHaveLength(400_000);
  expect(before).toBeGreaterThan(8_000_000);
  expect(processMemory.youngBytes()).toBeLessThan(4_000_000);
  expect(globalThis.gc).toBeUndefined();
});
