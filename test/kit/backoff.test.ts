import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from '../../src/kit/backoff.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const rules = fc.record({ baseMs: fc.integer({ min: 1, max: 60_000 }), capMs: fc.integer({ min: 1, max: 600_000 }) });
const attempts = fc.integer({ min: 1, max: 10_000 });

test('backoffMs() stays between half of the full wait and the whole of it, and under the cap', () => {
  fc.assert(
    fc.property(attempts, rules, chance, (attempt, { baseMs, capMs }, luck) => {
      const full = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 40));
      const waitMs = backoffMs(attempt, { baseMs, capMs }, () => luck);
      expect(waitMs).toBeGreaterThanOrEqual(Math.floor(full / 2));
      expect(waitMs).toBeLessThanOrEqual(Math.min(capMs, Math.ceil(full)));
    }),
  );
});

test('backoffMs() never waits less than the stated wait', () => {
  fc.assert(
    fc.property(attempts, rules, chance, fc.nat(3_600_000), (attempt, limits, luck, atLeastMs) => {
      expect(backoffMs(attempt, limits, () => luck, atLeastMs)).toBeGreaterThanOrEqual(atLeastMs);
    }),
  );
});

test('backoffMs() never shrinks from one attempt to the next with the same random number', () => {
  fc.assert(
    fc.property(attempts, rules, chance, (attempt, limits, luck) => {
      const random = () => luck;
      expect(backoffMs(attempt + 1, limits, random)).toBeGreaterThanOrEqual(backoffMs(attempt, limits, random));
    }),
  );
});

test('backoffMs() is half of the full wait at the lowest random number and all of it at the highest', () => {
  const limits = { baseMs: 1_000, capMs: 60_000 };
  expect([0, 0.5, 1].map((luck) => backoffMs(2, limits, () => luck))).toEqual([1_000, 1_500, 2_000]);
});
