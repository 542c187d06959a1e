import { expect, test } from 'vitest';
import type { OptionMistake } from '../../src/domain/job.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { parseTelegramHtml } from './telegram-html.ts';

const catalog = loadCatalog();
const mapper = createMessageMapper(catalog);
const nasty = `<b>&"{x}\u202E${'z'.repeat(10_000)}`;
const mistakes: readonly OptionMistake[] = [
  { kind: 'unknown-option', written: nasty },
  { kind: 'missing-value', option: 'seed' },
  { kind: 'open-quote', option: 'no' },
  { kind: 'twice', option: 'aspect' },
  { kind: 'bad-seed', written: nasty },
  { kind: 'bad-aspect', written: nasty },
  { kind: 'unknown-model', written: nasty, models: Array.from({ length: 60 }, (_, n) => `org/model-${n}`) },
  { kind: 'not-taken', option: 'no', takes: ['aspect', 'seed'] },
  { kind: 'not-taken', option: 'seed', model: 'org/<model>', takes: [] },
];

test.each(catalog.locales.flatMap((locale) => mistakes.map((mistake) => [locale, mistake.kind, mistake] as const)))(
  'optionMistake() says in %s, in few words and safely, what is wrong: %s',
  (locale, _kind, mistake) => {
    const { text } = mapper.optionMistake(mistake, 'image', locale);
    expect(parseTelegramHtml(text)).toMatch(/\S[^]*\S/);
    expect(parseTelegramHtml(text).length).toBeLessThan(800);
    expect(text).not.toMatch(/undefined|\[object|\u202E/);
  },
);

test('optionMistake() shows the models there are, and what one of them can do', () => {
  const words = (mistake: OptionMistake) => parseTelegramHtml(mapper.optionMistake(mistake, 'video', 'en').text);
  expect(words({ kind: 'unknown-model', written: 'x', models: ['a/b', 'c/d'] })).toContain('• a/b\n• c/d');
  expect(words({ kind: 'not-taken', option: 'no', model: 'a/b', takes: ['seed'] })).toContain(
    'a/b can’t follow --no.\nWhat it does follow: --seed.',
  );
  expect(words({ kind: 'not-taken', option: 'no', takes: [] })).toContain('None of my models for videos');
});
