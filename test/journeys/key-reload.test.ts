import { expect, test } from 'vitest';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { answerTo, runs, until } from './talk.ts';
import { hasAnswer, hasPicture } from '../support/answers.ts';
import { openTestApp, testKey, wordsOf } from '../support/test-app.ts';

test('a key that is taken away while it works finishes its call and makes no other (K9)', async () => {
  await using app = await openTestApp({ accounts: [[], []], env: { ROTATION_STRATEGY: 'primary-first' } });
  const keysOf = (...places: readonly number[]) => readKeys({ BYTEZ_API_KEYS: places.map(testKey).join(',') }).keys;
  const hold = app.bytez.hold();
  const person = app.person(7);
  await answerTo(person, '/generate a fox');
  await until(() => runs(app).length === 1);
  await app.app.reloadKeys(keysOf(2, 2));
  hold.release();
  await person.waitFor(hasPicture);
  await answerTo(person, '/generate a hare');
  await person.waitFor((seen) => seen.filter(({ photo }) => photo !== undefined).length === 2);
  expect(runs(app).map(({ account }) => account)).toEqual(['account 1', 'account 2']);
  await app.app.reloadKeys([]);
  await answerTo(person, '/generate an owl');
  await person.waitFor(hasAnswer);
  expect(wordsOf(person.messages().at(-1))).toContain('The service is being set up');
  expect(runs(app)).toHaveLength(2);
});
