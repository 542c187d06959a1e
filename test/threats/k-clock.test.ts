import { expect, test } from 'vitest';
import { readKeys } from '../../src/keys/read-keys.ts';
import { answerTo, picturesOf, runs, troubles, until } from '../journeys/talk.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { openTestHouse, testKey, wordsOf } from '../support/test-house.ts';

const hourMs = 3_600_000;

test.each([hourMs, -hourMs])('K21 a clock that is set by %i ms while a call runs makes no second one', async (byMs) => {
  const clock = fakeClock();
  await using house = await openTestHouse({ clock });
  const hold = house.bytez.hold();
  const person = house.person(7);
  person.say('/generate a fox');
  await until(() => runs(house).length === 1);
  clock.jump(byMs);
  await clock.advance(1_000);
  hold.release();
  await passTime(clock, person.waitFor(hasPicture));
  await passTime(clock, house.event('job.delivered'));
  expect(runs(house)).toHaveLength(1);
  expect(picturesOf(person)).toHaveLength(1);
});

test.each([Date.UTC(2038, 0, 19, 3, 14, 0), Date.UTC(2026, 9, 25, 0, 59, 50)])(
  'K21 nothing happens when seconds outgrow 32 bits or summer ends (%i)',
  async (startMs) => {
    const clock = fakeClock(startMs);
    await using house = await openTestHouse({ clock });
    const person = house.person(7);
    await answerTo(person, '/help');
    await clock.advance(20_000);
    person.say('/generate a fox');
    await passTime(clock, person.waitFor(hasPicture));
    expect(troubles(house)).toEqual([]);
  },
);

test('K9 a key that is taken away while it works finishes its call and makes no other', async () => {
  await using house = await openTestHouse({ accounts: [[], []], env: { ROTATION_STRATEGY: 'primary-first' } });
  const keysOf = (...places: readonly number[]) => readKeys({ BYTEZ_API_KEYS: places.map(testKey).join(',') }).keys;
  const hold = house.bytez.hold();
  const person = house.person(7);
  await answerTo(person, '/generate a fox');
  await until(() => runs(house).length === 1);
  await house.house.reloadKeys(keysOf(2, 2));
  hold.release();
  await person.waitFor(hasPicture);
  await answerTo(person, '/generate a hare');
  await person.waitFor((seen) => seen.filter(({ photo }) => photo !== undefined).length === 2);
  expect(runs(house).map(({ account }) => account)).toEqual(['account 1', 'account 2']);
  await house.house.reloadKeys([]);
  await answerTo(person, '/generate an owl');
  await person.waitFor(hasAnswer);
  expect(wordsOf(person.messages().at(-1))).toContain('The service is being set up');
  expect(runs(house)).toHaveLength(2);
});
