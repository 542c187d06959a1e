import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelledPool } from './pool-model.ts';
import { aCrowdedStep, aSetting, aStep, places } from './pool-steps.ts';
import { runs } from '../support/property-runs.ts';

/**
 * Whatever happens in whatever order: no seat is given twice and none is lost, no key is handed out that rests, is
 * benched, disabled or removed, a rest only ever grows, a key that wakes makes one call, nobody waits beside a free
 * seat, and everything that a restart finds is as it was.
 */
test('the pool keeps its promises through calls, verdicts, time, set clocks, changed keys, wishes and restarts', async () => {
  await fc.assert(
    fc.asyncProperty(aSetting, fc.array(aStep, { minLength: 20, maxLength: 120 }), async (setting, steps) => {
      const pool = new ModelledPool(setting);
      for (const step of steps) await pool.step(step);
      expect(await pool.end()).toEqual([]);
    }),
    { numRuns: runs(3_000) },
  );
});

test('the pool keeps its promises while it finds out which keys share an account', async () => {
  const crowded = aSetting.map((setting) => ({ ...setting, shared: false, seats: places.map(() => 1) }));
  await fc.assert(
    fc.asyncProperty(crowded, fc.array(aCrowdedStep, { minLength: 40, maxLength: 150 }), async (setting, steps) => {
      const pool = new ModelledPool(setting);
      for (const step of steps) await pool.step(step);
      expect(await pool.end()).toEqual([]);
    }),
    { numRuns: runs(1_000) },
  );
});
