import { expect, test } from 'vitest';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { answerTo, runs, until } from './talk.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { openTestHouse, testKey, wordsOf } from '../support/test-app.ts';

test('a key that is taken away while it works finishes its call and makes no other (K9)', async () => {
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
