import { expect, test } from 'vitest';
import { answerTo, pictures, runs } from './talk.ts';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import { accepted } from './raw-updates.ts';

test('a model’s name of three thousand signs is shown in a few (A22)', async () => {
  await using app = await openTestApp();
  const answer = await answerTo(app.person(7), `/generate a fox --model ${'x'.repeat(3_000)}`);
  expect(wordsOf(answer)).toContain('I have no model xxx');
  expect(wordsOf(answer).length).toBeLessThan(500);
  expect(accepted(app)).toEqual([]);
});

test('options that we do not have are refused with those that we have (A23)', async () => {
  await using app = await openTestApp();
  const answer = await answerTo(app.person(7), '/generate a fox --w 1e9');
  expect(wordsOf(answer)).toMatch(/--w.*\n.*--model, --aspect, --seed, --no/);
  expect(accepted(app)).toEqual([]);
});

test('the largest seed comes to the provider as it was written (A24)', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say('/generate a fox --seed 9007199254740991');
  await pictures(person);
  expect(runs(app)).toMatchObject([{ params: { seed: 9_007_199_254_740_991 } }]);
  expect(wordsOf(await answerTo(person, '/generate a fox --seed 9007199254740993'))).toContain('9007199254740993');
  expect(fromBot(person.messages())).toHaveLength(2);
});
