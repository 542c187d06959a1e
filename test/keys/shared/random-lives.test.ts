import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../../support/property-runs.ts';
import { aSetting, aStep, Lives, type Setting, type Step } from './lives.ts';

/** In the end one process tries whether two keys share an account. */
const guessing: readonly [Setting, Step[]] = [
  { processes: 2, seats: [1, 2, 1], isOneAccount: false, maxDelayMs: 0, seed: 248_900_513 },
  [
    { do: 'acquire', who: 0, twice: false },
    { do: 'acquire', who: 0, twice: true },
    { do: 'cut', who: 3 },
    { do: 'release', which: 4, ending: 'crowded' },
    { do: 'acquire', who: 0, twice: false },
    { do: 'release', which: 2, ending: 'succeed' },
    { do: 'wait', ms: 6_931 },
    { do: 'release', which: 7, ending: 'noModel' },
    { do: 'acquire', who: 0, twice: false },
    { do: 'acquire', who: 0, twice: false },
    { do: 'acquire', who: 0, twice: false },
    { do: 'release', which: 1, ending: 'succeed' },
    { do: 'note', who: 0, key: 0, event: { kind: 'wake' } },
    { do: 'acquire', who: 0, twice: false },
    { do: 'release', which: 0, ending: 'succeed' },
    { do: 'acquire', who: 0, twice: false },
  ],
];

/** Two processes change a key while they are cut off, and the third one hears of the second change right after the first. */
const inARow: readonly [Setting, Step[]] = [
  { processes: 3, seats: [2, 1, 1], isOneAccount: false, maxDelayMs: 0, seed: 1 },
  [
    { do: 'cut', who: 1 },
    { do: 'cut', who: 2 },
    { do: 'acquire', who: 0, twice: false },
    { do: 'note', who: 2, key: 0, event: { kind: 'disable' } },
    { do: 'release', which: 0, ending: 'succeed' },
    { do: 'note', who: 1, key: 0, event: { kind: 'probe-failed' } },
  ],
];

test('processes that share keys never use more seats than there are, lose none, and agree once they have heard', async () => {
  await fc.assert(
    fc.asyncProperty(aSetting, fc.array(aStep, { minLength: 20, maxLength: 80 }), async (setting, steps) => {
      const lives = new Lives(setting);
      await lives.begin();
      for (const step of steps) await lives.step(step);
      const given = await lives.end();
      expect(new Set(given)).toEqual(new Set(['seat']));
    }),
    { numRuns: runs(100), examples: [[...guessing], [...inARow]] },
  );
});
