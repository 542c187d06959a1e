import { expect, test } from 'vitest';
import { freeMemoryWhenQuiet, processMemory } from '../../../src/cli/memory/free-memory.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const much = 30_000_000;
const little = 2_000_000;

/** A process whose load and memory the test sets; it records when memory was freed. */
function aProcess({ heldBytes = much } = {}) {
  const clock = fakeClock();
  const state = { busyMs: 0, heldBytes, keptBytes: little, freedAtMs: [] as number[] };
  const freeing = freeMemoryWhenQuiet(clock, {
    busyMs: () => state.busyMs,
    heldBytes: () => state.heldBytes,
    freeMemory: () => {
      state.heldBytes = state.keptBytes;
      state.freedAtMs.push(clock.monotonicMs());
    },
  });
  return { clock, state, [Symbol.dispose]: () => freeing[Symbol.dispose]() };
}

/** Is busy for this share of the time. */
async function work({ clock, state }: ReturnType<typeof aProcess>, ms: number, share = 0.1): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
    state.busyMs += 1_000 * share;
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
  using app = aProcess({ heldBytes: little });
  await app.clock.advance(600_000);
  expect(app.state.freedAtMs).toEqual([]);
});

test('freeMemoryWhenQuiet() pauses at most once a minute', async () => {
  using app = aProcess();
  await app.clock.advance(10_000);
  app.state.heldBytes = much;
  await app.clock.advance(600_000);
  expect(app.state.freedAtMs).toEqual([2_000, 62_000]);
});

test('freeMemoryWhenQuiet() does not wait for the minute once the process has worked much', async () => {
  using app = aProcess();
  await app.clock.advance(10_000);
  app.state.heldBytes = much;
  await work(app, 20_000, 0.6);
  await app.clock.advance(10_000);
  expect(app.state.freedAtMs).toEqual([2_000, 32_000]);
});

test('freeMemoryWhenQuiet() pauses for nothing where a collection gives back nothing', async () => {
  using app = aProcess({ heldBytes: much });
  app.state.keptBytes = much - 1;
  await app.clock.advance(600_000);
  expect(app.state.freedAtMs).toEqual([2_000]);
});

test('freeMemoryWhenQuiet() ends when it is disposed', async () => {
  const app = aProcess();
  app[Symbol.dispose]();
  await app.clock.advance(600_000);
  expect(app.state.freedAtMs).toEqual([]);
  expect(app.clock.pending).toBe(0);
});

test('processMemory.freeMemory() shrinks the heap and leaves no flag of V8 set', () => {
  // Objects that survive two collections make V8 enlarge the space for new ones.
  const kept = { some: Array.from({ length: 400_000 }, (_, index) => ({ index })) };
  const before = processMemory.heldBytes();
  expect(kept.some).toHaveLength(400_000);
  kept.some = [];
  processMemory.freeMemory();
  expect(before - processMemory.heldBytes()).toBeGreaterThan(8_000_000);
  expect(globalThis.gc).toBeUndefined();
});
