import { expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.ts';
import { openTestApp } from '../support/test-app.ts';
import { answerTo, pictures } from './talk.ts';

test('a day of the limits begins at midnight of the zone that the operator chose', async () => {
  const env = { QUOTA_TIMEZONE: 'Pacific/Kiritimati', FREE_IMAGES_PER_DAY: '1' };
  let shiftMs = 0;
  const now = () => Date.UTC(2026, 0, 1, 9, 50) + shiftMs;
  await using app = await openTestApp({ env, clock: { ...systemClock, now } });
  const person = app.person(7);
  await answerTo(person, '/generate a fox');
  expect(await pictures(person)).toHaveLength(1);
  const refused = await answerTo(person, '/generate a hare');
  expect(refused.text).toContain('A new day begins at 00:00 (Pacific/Kiritimati), in about 10 minutes');
  // There it is midnight, in UTC ten in the morning.
  shiftMs = 11 * 60_000;
  await app.restart();
  await answerTo(person, '/generate a hare');
  expect(await pictures(person, 2)).toHaveLength(2);
});
