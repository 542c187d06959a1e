import { expect, test } from 'vitest';
import { machineryShown } from '../support/said-to-people.ts';
import { fromBot, openTestApp, premiumId, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, pictures, press, runs, troubles } from './talk.ts';

const photoreal = 'dreamlike-art/dreamlike-photoreal-2.0';
const anime = 'dreamlike-art/dreamlike-anime-1.0';

function nothingStarted(app: TestApp): void {
  expect(runs(app)).toEqual([]);
  expect(app.events.filter(({ event }) => event === 'job.accepted')).toEqual([]);
}

test('a person who says the shape, a seed and what to leave out gets just that', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say('/generate a red fox --aspect 16:9 in the snow —seed 42 —no “text, people”');
  const [picture] = await pictures(person);
  expect(picture?.photo).toMatchObject({ width: 1_024, height: 576 });
  expect(wordsOf(picture).split('\n')[0]).toBe('a red fox in the snow');
  expect(runs(app)).toMatchObject([
    {
      model: photoreal,
      prompt: 'a red fox in the snow',
      params: { width: 1_024, height: 576, seed: 42, negative_prompt: 'text, people' },
    },
  ]);
});

test('a person who says nothing beside the words sends no parameters but the seed that was chosen', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say('/generate a red fox — quick and red');
  await pictures(person);
  expect(runs(app).map(({ prompt, params }) => ({ prompt, params }))).toEqual([
    { prompt: 'a red fox — quick and red', params: { seed: expect.any(Number) } },
  ]);
});

test('the same seed and words give the same picture, another seed another one', async () => {
  await using app = await openTestApp();
  const person = app.person(premiumId);
  const bytesOf = async (words: string, count: number) => {
    person.say(words);
    return Buffer.from((await pictures(person, count)).at(-1)?.photo?.bytes ?? []).toString('base64');
  };
  const first = await bytesOf('/generate a fox --seed 5', 1);
  expect(await bytesOf('/generate a fox --seed 5', 2)).toBe(first);
  expect(await bytesOf('/generate a fox --seed 6', 3)).not.toBe(first);
});

test('a person who names a model by its short name is served by that one', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say('/generate a fox --model dreamlike-anime-1.0 --aspect 1:1');
  const [picture] = await pictures(person);
  expect(wordsOf(picture)).toContain('dreamlike-anime-1.0');
  expect(runs(app)).toMatchObject([{ model: anime, params: { width: 768, height: 768 } }]);
});

test('a person who named a model is not given to another one behind their back', async () => {
  await using app = await openTestApp({ accounts: [[{ do: { kind: 'status', status: 404 } }]] });
  const person = app.person(7);
  person.say(`/generate a fox --model ${anime}`);
  await person.waitFor((seen) => wordsOf(fromBot(seen).at(-1)).startsWith('🧩'));
  expect(runs(app).map(({ model }) => model)).toEqual([anime]);
  expect(troubles(app)).toEqual([]);
});

test('a person who names a model that is not there is shown those that are, and nothing is spent', async () => {
  await using app = await openTestApp({ env: { FREE_IMAGES_PER_DAY: '1' } });
  const person = app.person(7);
  const answer = await answerTo(person, '/generate a fox --model dreamlike‑photoreal-2.0');
  expect(wordsOf(answer)).toContain('I have no model dreamlike‑photoreal-2.0');
  expect(wordsOf(answer)).toContain(`• ${anime}`);
  expect(wordsOf(answer)).toContain('I haven’t started anything');
  nothingStarted(app);
  person.say('/generate a fox');
  expect(await pictures(person)).toHaveLength(1);
});

test.each([
  ['--seed 9007199254740993', 'can’t use 9007199254740993 as a seed'],
  ['--seed 1e9', 'can’t use 1e9 as a seed'],
  ['--aspect 5:1', 'don’t know the shape 5:1.\nThese I know: 1:1, 4:3'],
  ['--seed', 'nothing after --seed'],
  ['--no “text', 'quotation mark after --no is never closed'],
  ['--seed 1 —seed 2', 'You wrote --seed twice'],
  ['--steps 20', 'don’t know the option --steps.\nThese I know: --model, --aspect, --seed, --no'],
])('a person who writes %s is told what is allowed', async (option, words) => {
  await using app = await openTestApp();
  expect(wordsOf(await answerTo(app.person(7), `/generate a fox ${option}`))).toContain(words);
  nothingStarted(app);
  expect(machineryShown(app.telegram)).toEqual([]);
});

test('a person who asks a model for more than it can do hears what it can', async () => {
  await using app = await openTestApp({
    env: { IMAGE_CHAIN: 'bytez:black-forest-labs/FLUX.1-schnell,bytez:openai/dall-e-3' },
  });
  const person = app.person(7);
  const flux = await answerTo(person, '/generate a fox --model FLUX.1-schnell --no text');
  expect(wordsOf(flux)).toContain('black-forest-labs/FLUX.1-schnell can’t follow --no');
  expect(wordsOf(flux)).toContain('What it does follow: --aspect, --seed.');
  const dalle = await answerTo(person, '/generate a fox --model dall-e-3 --seed 1');
  expect(wordsOf(dalle)).toContain('It follows your words alone.');
  expect(wordsOf(await answerTo(person, '/generate a fox --no text'))).toContain('None of my models for pictures');
  nothingStarted(app);
});

test('a model that cannot follow the options is left out of the chain', async () => {
  await using app = await openTestApp({ env: { IMAGE_CHAIN: `bytez:openai/dall-e-3,bytez:${anime}` } });
  const person = app.person(7);
  person.say('/generate a fox --seed 3');
  await pictures(person);
  expect(runs(app).map(({ model }) => model)).toEqual([anime]);
});

test('options alone are no request: the person is asked for words', async () => {
  await using app = await openTestApp();
  expect(wordsOf(await answerTo(app.person(7), '/generate --seed 42'))).toContain('Tell me what to draw');
  nothingStarted(app);
});

test('the Again button asks for the same shape, with another seed', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say('/generate a fox --seed 5 --aspect 9:16');
  const [picture] = await pictures(person);
  await press(person, picture?.id ?? 0, '🔁 Again');
  await pictures(person, 2);
  const params = { width: 576, height: 1_024 };
  expect(runs(app)).toMatchObject([{ params: { ...params, seed: 5 } }, { params }]);
  expect(runs(app)[1]?.params?.['seed']).not.toBe(5);
});

test('what was asked for beside the words outlives a restart', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const hold = app.bytez.hold();
  await answerTo(person, '/generate a fox --seed 5');
  const restarted = app.restart();
  await restarted;
  hold.release();
  await pictures(person);
  expect(runs(app).at(-1)).toMatchObject({ params: { seed: 5 } });
});

test('a parameter that the model stumbles over is tried once and blames no key', async () => {
  const stumble = { kind: 'error-200', error: "__call__() got an unexpected keyword argument 'seed'" } as const;
  await using app = await openTestApp({ accounts: [[{ do: stumble }]] });
  const person = app.person(7);
  person.say('/generate a fox --seed 5');
  await person.waitFor((seen) => wordsOf(fromBot(seen).at(-1)).startsWith('✏️'));
  expect(runs(app)).toHaveLength(1);
  expect(app.events.filter(({ event }) => event === 'key.changed')).toEqual([]);
});
