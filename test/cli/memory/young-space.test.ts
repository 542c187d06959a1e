import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { YoungSpace } from '../../../src/cli/memory/young-space.ts';

const run = promisify(execFile);

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

/** Makes many objects in a process of its own, and resolves with the bytes of its space for new ones. */
async function bytesAfterWork(isHeld: boolean): Promise<number> {
  const module = new URL('../../../src/cli/memory/young-space.ts', import.meta.url).href;
  const script = `
    const { YoungSpace, youngSpaceOfV8 } = await import(${JSON.stringify(module)});
    const space = ${isHeld} ? new YoungSpace() : undefined;
    let kept = [];
    for (let round = 0; round < 100; round += 1) {
      kept = [...kept.slice(-5), Array.from({ length: 20_000 }, (_, index) => ({ round, index }))];
      await new Promise(setImmediate);
    }
    console.log(kept.length && youngSpaceOfV8.bytes());
    space?.[Symbol.dispose]();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  return Number(stdout);
}

test('YoungSpace keeps the space of a process small while it makes much', async () => {
  const [held, free] = [await bytesAfterWork(true), await bytesAfterWork(false)];
  expect(held).toBeGreaterThan(0);
  expect(held).toBeLessThan(free / 2);
});
