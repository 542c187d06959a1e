import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../../support/property-runs.ts';
import { aSetting, aStep, Lives } from './lives.ts';

test('processes that share keys never use more seats than there are, lose none, and agree once they have heard', async () => {
  await fc.assert(
    fc.asyncProperty(aSetting, fc.array(aStep, { minLength: 20, maxLength: 80 }), async (setting, steps) => {
      const lives = new Lives(setting);
      await lives.begin();
      for (const step of steps) await lives.step(step);
      const given = await lives.end();
      expect(new Set(given)).toEqual(new Set(['seat']));
    }),
    { numRuns: runs(100) },
  );
});
