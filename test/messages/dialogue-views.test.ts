import { expect, test } from 'vitest';
import { styleNames } from '../../src/domain/kinds.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { shapes, stylesFor, type DialogueQuestion } from '../../src/messages/dialogue-views.ts';
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
  { kind: 'style', job: 'image', words, dialogue: '9007199254740991' },
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
  for (const { data } of rows.flat()) expect(parseCallbackData(data ?? '')).toBeDefined();
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
  expect(idsOf({ kind: 'style', job: 'video', words: 'a', dialogue: '5' })).toEqual(
    stylesFor('video').map((style) => callbackData('ask', `style.${style}.5`)),
  );
});

test('styles() shows a command and a button for each style, or quotes the words to make one of them', () => {
  for (const locale of catalog.locales) {
    const { text, rows } = mapper.styles('', locale);
    expect(rows.flat().map(({ data }) => data)).toEqual(styleNames.map((name) => callbackData('style', name)));
    expect(parseTelegramHtml(text).length).toBeLessThan(4_096);
    for (const name of styleNames) expect(text).toContain(` --style ${name}</code>`);
  }
  expect(parseTelegramHtml(mapper.styles('a fox', 'en').text)).toBe('🖌 In which style?\na fox');
});
