import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { YoungSpace, youngSpaceOfV8 } from '../../../src/cli/memory/young-space.ts';

/** A space whose size the test sets before each collection. */
function aSpace() {
  const state = { bytes: 1_000_000, factor: 2, collect: () => undefined as void };
  const space = new YoungSpace({
    bytes: () => state.bytes,
    setGrowthFactor: (factor) => void (state.factor = factor),
    onCollection: (listener) => {
      state.collect = listener;
      return { [Symbol.dispose]: () => void (state.collect = () => undefined) };
    },
  });
  const factors = (...sizes: number[]) =>
    sizes.map((bytes) => {
      state.bytes = bytes;
      state.collect();
      return state.factor;
    });
  return { space, state, factors };
}

test('YoungSpace lets the space grow to its limit, and again once V8 has shrunk it', () => {
  const { factors } = aSpace();
  expect(factors(2_000_000, 8_000_000, 33_000_000, 33_000_000, 2_000_000)).toEqual([2, 2, 1, 1, 2]);
});

test('YoungSpace.withUsualFlags() and its end leave the flags as they were', () => {
  const { space, state, factors } = aSpace();
  factors(33_000_000);
  const seen: number[] = [];
  space.withUsualFlags(() => void seen.push(state.factor));
  expect([...seen, state.factor]).toEqual([2, 1]);
  space[Symbol.dispose]();
  expect(factors(33_000_000)).toEqual([2]);
});

test('YoungSpace keeps the space of this process small while it makes much', async () => {
  using _space = new YoungSpace();
  let kept: unknown[] = [];
  for (let round = 0; round < 100; round += 1) {
    kept = [...kept.slice(-5), Array.from({ length: 20_000 }, (_, index) => ({ round, index }))];
    await turn();
  }
  expect(kept).toHaveLength(6);
  expect(youngSpaceOfV8.bytes()).toBeLessThan(40_000_000);
});
