import { expect, test } from 'vitest';
import { readPromptOptions } from '../../src/generation/prompt-options.ts';
import { checkOptions } from '../../src/generation/model-options.ts';
import { answerTo, pictures, runs } from '../journeys/talk.ts';
import { fromBot, openTestHouse, wordsOf } from '../support/test-house.ts';
import { accepted } from './ab-stage.ts';
import { modelTraits } from '../../src/providers/registry.ts';

const chain = [
  { provider: 'bytez', model: 'black-forest-labs/flux-pro' },
  { provider: 'bytez', model: 'org/other' },
] as const;

test.each([
  'flux‑pro',
  'FLUX-PRO',
  'flux-pr\u03bf',
  'flux pro',
  'flux-pro\u200b',
  '',
  '/',
  'x'.repeat(10_000),
  '../flux-pro',
])('A22 the model %j is none of ours, and those that are ours are shown', (model) => {
  expect(checkOptions(chain, { model }, modelTraits)).toEqual({
    ok: false,
    mistake: { kind: 'unknown-model', written: model.trim(), models: chain.map((one) => one.model) },
  });
});

test.each(['flux-pro', ' flux-pro ', 'black-forest-labs/flux-pro', 'bytez:black-forest-labs/flux-pro'])(
  'A22 the model %j is exactly ours',
  (model) => {
    expect(checkOptions(chain, { model }, modelTraits)).toEqual({
      ok: true,
      options: { model: 'black-forest-labs/flux-pro' },
    });
  },
);

test('A22 a model’s name of three thousand signs is shown in a few', async () => {
  await using house = await openTestHouse();
  const answer = await answerTo(house.person(7), `/generate a fox --model ${'x'.repeat(3_000)}`);
  expect(wordsOf(answer)).toContain('I have no model xxx');
  expect(wordsOf(answer).length).toBeLessThan(500);
  expect(accepted(house)).toEqual([]);
});

test.each(['1e9', '-1', 'NaN', 'Infinity', '0x1F', '１０２４', '1,5', '1.5', '+1', '٣', '1_000', '0b1'])(
  'A23 the number %s is refused, never guessed at',
  (written) => {
    expect(readPromptOptions(`a fox --seed ${written}`)).toEqual({ ok: false, mistake: { kind: 'bad-seed', written } });
    expect(readPromptOptions(`a fox --aspect ${written}`)).toEqual({
      ok: false,
      mistake: { kind: 'bad-aspect', written },
    });
  },
);

test.each(['--seed', '--seed ', '--seed=', '--seed ""', '--seed “”'])('A23 nothing behind %s is no zero', (option) => {
  expect(readPromptOptions(`a fox ${option}`)).toMatchObject({ ok: false });
});

test('A23 options that we do not have are refused with those that we have', async () => {
  await using house = await openTestHouse();
  const answer = await answerTo(house.person(7), '/generate a fox --w 1e9');
  expect(wordsOf(answer)).toMatch(/--w.*\n.*--model, --aspect, --seed, --no/);
  expect(accepted(house)).toEqual([]);
});

test.each(['9007199254740992', '9007199254740993', '18446744073709551616'])(
  'A24 the seed %s is refused, since it would become another one',
  (written) => {
    expect(readPromptOptions(`a fox --seed ${written}`)).toMatchObject({ ok: false, mistake: { kind: 'bad-seed' } });
  },
);

test('A24 the largest seed comes to the provider as it was written', async () => {
  await using house = await openTestHouse();
  const person = house.person(7);
  person.say('/generate a fox --seed 9007199254740991');
  await pictures(person);
  expect(runs(house)).toMatchObject([{ params: { seed: 9_007_199_254_740_991 } }]);
  expect(wordsOf(await answerTo(person, '/generate a fox --seed 9007199254740993'))).toContain('9007199254740993');
  expect(fromBot(person.messages())).toHaveLength(2);
});
