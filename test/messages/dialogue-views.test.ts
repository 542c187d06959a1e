import { expect, test } from 'vitest';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { shapes, styles, type DialogueQuestion } from '../../src/messages/dialogue-views.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { callbackData, parseCallbackData } from '../../src/messages/view.ts';
import { parseTelegramHtml } from './telegram-html.ts';

const catalog = loadCatalog();
const mapper = createMessageMapper(catalog);
const words = `<b>fox</b> & "snow" ${'🦊'.repeat(2_000)}`;
const questions: readonly DialogueQuestion[] = [
  { kind: 'what', job: 'image' },
  { kind: 'what', job: 'video' },
  { kind: 'shape', words, dialogue: '9007199254740991' },
  { kind: 'style', words, dialogue: '9007199254740991' },
];
const everyWay = catalog.locales.flatMap((locale) =>
  questions.flatMap((question) =>
    [undefined, 'text-needed', 'button-needed'].flatMap((hint) =>
      [true, false].map((inGroup) => [locale, question.kind, question, hint, inGroup] as const),
    ),
  ),
);

test.each(everyWay)('question() is whole in %s: %s', (locale, _kind, question, hint, inGroup) => {
  const how = { hint: hint as 'text-needed' | undefined, inGroup };
  const { text, rows } = mapper.question(question, locale, how);
  expect(parseTelegramHtml(text)).toMatch(/\S/);
  expect(parseTelegramHtml(text).length).toBeLessThan(1_000);
  expect(text).not.toMatch(/undefined|\[object|\n{3}/);
  for (const { data } of rows.flat()) expect(parseCallbackData(data)).toBeDefined();
});

test('question() has one button for each choice, with the name of its dialogue', () => {
  const idsOf = (question: DialogueQuestion) =>
    mapper
      .question(question, 'en', { inGroup: false })
      .rows.flat()
      .map(({ data }) => data);
  expect(idsOf({ kind: 'shape', words: 'a', dialogue: '5' })).toEqual(
    shapes.map((shape) => callbackData('ask', `shape.${shape}.5`)),
  );
  expect(idsOf({ kind: 'style', words: 'a', dialogue: '5' })).toEqual(
    styles.map((style) => callbackData('ask', `style.${style}.5`)),
  );
});

test('styled() puts the style behind the words in the language of the person, or leaves them as they are', () => {
  expect(styles.map((style) => mapper.styled('a fox', style, 'en'))).toEqual([
    'a fox, photograph, natural light',
    'a fox, oil painting',
    'a fox, anime style',
    'a fox',
  ]);
  expect(mapper.styled('un zorro', 'painting', 'es')).toBe('un zorro, pintura al óleo');
});
