import { expect, test } from 'vitest';
import { giveBackWhenQuiet, processMemory } from '../../src/cli/start.ts';
import { fakeClock } from '../support/fake-clock.ts';

const much = 30_000_000;
const little = 2_000_000;

/** A process whose work and memory the test sets; what it gives back is written down. */
function aProcess({ youngBytes = much } = {}) {
  const clock = fakeClock();
  const state = { workedMs: 0, youngBytes, gaveAtMs: [] as number[] };
  const giving = giveBackWhenQuiet(clock, {
    workedMs: () => state.workedMs,
    youngBytes: () => state.youngBytes,
    giveBack: () => {
      state.youngBytes = little;
      state.gaveAtMs.push(clock.monotonicMs());
    },
  });
  return { clock, state, [Symbol.dispose]: () => giving[Symbol.dispose]() };
}

/** Works a tenth of the time. */
async function work({ clock, state }: ReturnType<typeof aProcess>, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
    state.workedMs += 100;
    await clock.advance(1_000);
  }
}

test('giveBackWhenQuiet() waits for the end of the work', async () => {
  using app = aProcess();
  await work(app, 20_000);
  expect(app.state.gaveAtMs).toEqual([]);
  await app.clock.advance(10_000);
  expect(app.state.gaveAtMs).toEqual([22_000]);
});

test('giveBackWhenQuiet() leaves alone what is small', async () => {
  using app = aProcess({ youngBytes: little });
  await app.clock.advance(600_000);
  expect(app.state.gaveAtMs).toEqual([]);
});

test('giveBackWhenQuiet() pauses at most once a minute', async () => {
  using app = aProcess();
  await app.clock.advance(10_000);
  app.state.youngBytes = much;
  await app.clock.advance(600_000);
  expect(app.state.gaveAtMs).toEqual([2_000, 62_000]);
});

test('giveBackWhenQuiet() ends when it is disposed', async () => {
  const app = aProcess();
  app[Symbol.dispose]();
  await app.clock.advance(600_000);
  expect(app.state.gaveAtMs).toEqual([]);
  expect(app.clock.pending).toBe(0);
});

test('processMemory.giveBack() leaves little room for new objects, and no flag of V8 behind', () => {
  // What outlives two collections makes V8 enlarge the room.
  const kept = Array.from({ length: 400_000 }, (_, index) => ({ index }));
  const before = processMemory.youngBytes();
  processMemory.giveBack();
  expect(kept).toHaveLength(400_000);
  expect(before).toBeGreaterThan(8_000_000);
  expect(processMemory.youngBytes()).toBeLessThan(4_000_000);
  expect(globalThis.gc).toBeUndefined();
});
