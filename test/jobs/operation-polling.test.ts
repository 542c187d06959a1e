import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pollDelayMs } from '../../src/jobs/follow-operation.ts';

test.each([
  [0, undefined, 2_000],
  [1, undefined, 3_000],
  [9, undefined, 10_000],
  [0, 100, 1_000],
  [5, 100, 1_000],
  [0, 3_000, 3_000],
  [4, 3_000, 3_000],
  [0, 30_000, 5_000],
  [2, 30_000, 11_250],
  [9, 30_000, 30_000],
  [99, 900_000, 60_000],
])('pollDelayMs() after %i looks, asked for %s ms, is %i ms', (looks, askedMs, ms) => {
  expect(pollDelayMs(looks, askedMs)).toBe(ms);
});

test('pollDelayMs() begins with 1 to 5 s and never grows faster than by half, nor shrinks', () => {
  fc.assert(
    fc.property(fc.option(fc.nat(1e9), { nil: undefined }), fc.nat(2_000), (askedMs, looks) => {
      const [first, before, after] = [0, looks, looks + 1].map((count) => pollDelayMs(count, askedMs));
      if (first === undefined || before === undefined || after === undefined) throw new Error('Cannot be');
      expect(first).toBeGreaterThanOrEqual(1_000);
      expect(first).toBeLessThanOrEqual(5_000);
      expect(after).toBeGreaterThanOrEqual(before);
      expect(after).toBeLessThanOrEqual(before * 1.5 + 1);
    }),
  );
});
