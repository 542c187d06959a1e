import { expect, test } from 'vitest';
import { openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, pictures, press, reads, runs, troubles } from './talk.ts';

const photoreal = 'dreamlike-art/dreamlike-photoreal-2.0';
const anime = 'dreamlike-art/dreamlike-anime-1.0';
const two = { IMAGE_CHAIN: `bytez:${photoreal},bytez:${anime}` };

test('a person looks at the models, chooses their own, and later takes that back', async () => {
  await using app = await openTestApp({ env: two });
  const person = app.person(800);
  const list = await answerTo(person, '/models');
  expect(wordsOf(list)).toMatch(/🎨 Pictures\n• dreamlike-photoreal-2\.0[^]*\n• dreamlike-anime-1\.0/);
  await press(person, list.id, '🎨 Pictures');
  await reads(person, list.id, 'Which model shall I use');
  expect(await press(person, list.id, 'dreamlike-anime-1.0')).toBe('Noted.');
  await reads(person, list.id, '✓ dreamlike-anime-1.0');
  await app.restart();
  person.say('/generate a fox');
  await pictures(person);
  person.say(`/generate a bear --model ${photoreal}`);
  await pictures(person, 2);
  await press(person, list.id, '⏭ Choose for me');
  await reads(person, list.id, '• dreamlike-anime-1.0');
  person.say('/generate an owl');
  await pictures(person, 3);
  expect(runs(app).map(({ model }) => model)).toEqual([anime, photoreal, photoreal]);
  expect(troubles(app)).toEqual([]);
});

test('a choice that left the chain, or cannot do what is asked, is passed over', async () => {
  await using app = await openTestApp({ env: { IMAGE_CHAIN: `bytez:${photoreal},bytez:openai/dall-e-3` } });
  const person = app.person(800);
  const list = await answerTo(person, '/models');
  await press(person, list.id, '🎨 Pictures');
  await reads(person, list.id, 'Which model shall I use');
  await press(person, list.id, 'dall-e-3');
  await reads(person, list.id, '✓ dall-e-3');
  person.say('/generate a fox --seed 5');
  await pictures(person);
  await app.restart(two);
  person.say('/generate a bear');
  await pictures(person, 2);
  expect(runs(app).map(({ model }) => model)).toEqual([photoreal, photoreal]);
  await press(person, list.id, '↩ All models');
  await reads(person, list.id, 'What I make things with');
  await press(person, list.id, '🎨 Pictures');
  await reads(person, list.id, 'Your choice, openai/dall-e-3, isn’t here any more');
});

test('prices and times are shown where they are known, in the language of the person', async () => {
  await using app = await openTestApp({
    env: { OPENAI_API_KEY: 'sk-test-0123456789abcdef', IMAGE_CHAIN: `openai:gpt-image-2,bytez:${anime}` },
  });
  const list = wordsOf(await answerTo(app.person(7, 'es'), '/models'));
  expect(list).toMatch(/🎨 Imágenes\n• gpt-image-2 · unos 0,032.US\$ por imagen · unos 40.s\n• dreamlike-anime-1\.0/);
});

test('/forget takes the choice as well', async () => {
  await using app = await openTestApp({ env: two });
  const person = app.person(7);
  const list = await answerTo(person, '/models');
  await press(person, list.id, '🎨 Pictures');
  await reads(person, list.id, 'Which model shall I use');
  await press(person, list.id, 'dreamlike-anime-1.0');
  await reads(person, list.id, '✓ dreamlike-anime-1.0');
  const question = await answerTo(person, '/forget');
  await press(person, question.id, '🧹 Yes, forget me');
  await reads(person, question.id, 'I’ve forgotten you');
  expect(wordsOf(await answerTo(person, '/models'))).not.toMatch(/✓ dream/);
});
