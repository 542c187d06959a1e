import { expect, test } from 'vitest';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { captionLimit, shownText } from '../../src/messages/view.ts';
import { aView } from './builders.ts';
import { parseTelegramHtml } from './telegram-html.ts';

const graphemesOf = (text: string) =>
  Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment);
const messages = createMessageMapper(loadCatalog());

const captionOf = (prompt: string) =>
  parseTelegramHtml(messages.caption(aView({ prompt }), 'en', { model: 'm'.repeat(500), seconds: 7 }).text);

test.each([
  ['emoji of two units', '😀'],
  ['flags', '🇪🇸'],
  ['families', '👩‍👩‍👧‍👦'],
  ['skins', '👍🏿'],
  ['letters with marks', 'e\u0301\u0323'],
  ['Hangul of parts', '\u1112\u1161\u11ab'],
])('captions of %s are cut on the borders of what is seen (A11)', (_what, grapheme) => {
  for (let before = 0; before < 12; before += 1) {
    const prompt = `${'x'.repeat(before)}${grapheme.repeat(900)}`;
    const caption = captionOf(prompt);
    expect(caption.length).toBeLessThanOrEqual(captionLimit);
    const [shown = ''] = caption.split('\n');
    expect(shown.endsWith('…')).toBe(true);
    const kept = graphemesOf(shown.slice(0, -1));
    expect(kept.length).toBeGreaterThan(30);
    expect(kept).toEqual(graphemesOf(prompt).slice(0, kept.length));
  }
});

test.each([
  ['marks', '\u0301'.repeat(4_000)],
  ['marks of several kinds', '\u0301\u0323\u0489\u20dd'.repeat(1_000)],
  ['marks with joiners between them', '\u0301\u200d'.repeat(2_000)],
  ['marks with signs between them that are taken out', '\u0301\u202e\u0000'.repeat(1_000)],
])('of %s piled up on one letter eight are shown (A12)', (_what, pile) => {
  expect(shownText(`a${pile}b`)).toMatch(/^a[\p{M}\u200d]{8}b$/u);
  expect(captionOf(`a${pile}b`).split('\n')[0]).toMatch(/^a[\p{M}\u200d]{8}b$/u);
});

test('words of languages and emoji that need marks and joiners are shown as they are (A12)', () => {
  for (const words of ['क्षत्रिय', 'می‌خواهم', 'ệ ǖ', '👩‍❤️‍💋‍👨 🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'ทั้งหมด', 'שָׁלוֹם']) expect(shownText(words)).toBe(words);
});
