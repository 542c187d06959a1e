import { expect, test } from 'vitest';
import { shortStorm, storm } from '../../faults/storm.ts';

test(
  'a storm of 240 requests with three kills loses nothing and shows nothing twice (Q1)',
  // What may have arrived is repeated after minutes.
  { timeout: 620_000 },
  async () => {
    const { checks } = await storm(shortStorm, { seed: 1, progress: () => undefined });
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(checks.find(({ what }) => what === 'kills')?.found).toBe(shortStorm.kills);
    expect(checks.map(({ what }) => what)).toContain('requests lost (neither result nor failure message)');
  },
);
