import * as fc from 'fast-check';

const atOnce = 200;
/** Large enough that two seeds share no values. */
const stride = 100_003;

/** Generated values, the same for the same seed, one at a time in memory. */
export function* sampled<Value>(arbitrary: fc.Arbitrary<Value>, count: number, seed: number): Generator<Value> {
  for (let at = 0; at < count; at += atOnce) {
    const numRuns = Math.min(atOnce, count - at);
    yield* fc.sample(arbitrary, { numRuns, seed: seed * stride + at });
  }
}
