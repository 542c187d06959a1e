import { expect, test } from 'vitest';
import { openTestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, pictures, press, runs, troubles } from './talk.ts';

const every = { MUSIC_CHAIN: 'bytez:facebook/musicgen-small', CHAT_CHAIN: 'bytez:Qwen/Qwen3-4B' };

test.each([
  ['en', 'Shall I make something of this?', ['🎨 Draw it', '🎬 Film it', '🎵 Make a song', '💬 Ask']],
  ['es', '¿Hago algo con esto?', undefined],
  ['ru', 'a red fox', undefined],
])('in %s a bare sentence is quoted with a button for each thing to make of it', async (language, words, buttons) => {
  await using app = await openTestApp({ env: every });
  const person = app.person(7, language);
  const question = await answerTo(person, 'a red fox');
  expect(wordsOf(question)).toContain(words);
  expect(wordsOf(question)).toContain('a red fox');
  const labels = question.buttons.flat().map(({ text }) => text);
  if (buttons === undefined) expect(labels).toHaveLength(4);
  else expect(labels).toEqual(buttons);
  await press(person, question.id, labels[0] ?? '');
  await pictures(person);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['a red fox']);
});

test('with BARE_WORDS=image a bare sentence is drawn at once, with its options; in groups nothing changes', async () => {
  await using app = await openTestApp({ env: { ...every, BARE_WORDS: 'image' } });
  const person = app.person(7);
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  person.say('a lovely day', { in: group });
  person.say('a red fox --seed 5');
  await pictures(person);
  expect(wordsOf(await answerTo(person, '/genrate a bear'))).toContain('Did you mean /generate?');
  expect(runs(app)).toMatchObject([{ prompt: 'a red fox', params: { seed: 5 } }]);
  expect(person.messages(group).filter(({ from }) => from === 'bot')).toEqual([]);
  expect(troubles(app)).toEqual([]);
});
