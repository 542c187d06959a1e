import { expect, test } from 'vitest';
import { shortSoak, soak } from '../../faults/soak.ts';

test('after some seconds of steady load the resources of the bot are as before', async () => {
  const { checks } = await soak(shortSoak, { seed: 4, progress: () => undefined });
  expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  expect(checks.map(({ what }) => what)).toContain('file descriptors at rest');
  expect(checks[0]?.found).toBe('45, 15 a second');
});
