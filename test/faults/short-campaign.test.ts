import { expect, test } from 'vitest';
import { pack } from '../../faults/star-buyers.ts';
import { shortStorm, storm } from '../../faults/storm.ts';

test(
  'a storm of 240 requests and 30 payments with three kills loses nothing and shows nothing twice (Q1)',
  // What may have arrived is repeated after minutes.
  { timeout: 900_000 },
  async () => {
    const { checks } = await storm(shortStorm, { seed: 1, progress: () => undefined });
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(checks.find(({ what }) => what === 'kills')?.found).toBe(shortStorm.kills);
    expect(checks.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'requests lost (neither result nor failure message)',
        'every Star accounted for: Stars in Telegram’s list',
      ]),
    );
    const paid = checks.find(({ what }) => what.startsWith('every Star'));
    expect(paid?.found).toBe(shortStorm.buyers * shortStorm.packsEach * pack.stars);
  },
);
