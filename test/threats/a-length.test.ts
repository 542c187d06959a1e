import { expect, test } from 'vitest';
import { readPromptOptions } from '../../src/generation/prompt-options.ts';
import { checkPrompt, longestPrompt } from '../../src/generation/prompt-rules.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { captionLimit } from '../../src/messages/screen.ts';
import { excerpt, shownText } from '../../src/messages/shown-text.ts';
import { aView } from '../messages/builders.ts';
import { parseTelegramHtml } from '../messages/telegram-html.ts';
import { answerTo, pictures, runs, troubles } from '../journeys/talk.ts';
import { openTestHouse, wordsOf } from '../support/test-house.ts';
import { accepted, acquaintance, answerToRaw, messageOf } from './ab-stage.ts';

const graphemesOf = (text: string) =>
  Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment);
const messages = createMessageMapper(loadCatalog());
const captionOf = (prompt: string) =>
  parseTelegramHtml(messages.caption(aView({ prompt }), 'en', { model: 'm'.repeat(500), seconds: 7 }).text);

test('A4 4,096 units are accepted and 4,097 refused with the limit in the text', async () => {
  await using house = await openTestHouse();
  const person = await acquaintance(house);
  const longest = 'f'.repeat(longestPrompt);
  const refused = await answerToRaw(house, person, { text: `/generate ${longest}f` });
  expect(wordsOf(refused)).toMatch(/4,?096/);
  expect(accepted(house)).toEqual([]);
  house.telegram.sendUpdate({ message: messageOf(7, { text: `/generate ${longest}` }) });
  await pictures(person);
  expect(runs(house).map(({ prompt }) => prompt)).toEqual([longest]);
  expect(troubles(house)).toEqual([]);
});

test('A4 new words in reply to a result count together with the old ones', async () => {
  await using house = await openTestHouse();
  const person = house.person(7);
  person.say(`/generate ${'f'.repeat(4_000)}`);
  const [picture] = await pictures(person);
  const refused = await answerTo(person, 'x'.repeat(95), { replyTo: picture?.id ?? 0 });
  expect(wordsOf(refused)).toMatch(/4,?096/);
  expect(accepted(house)).toHaveLength(1);
});

test('A5 ten megabytes of words are refused without being looked through', () => {
  const text = 'a --seed 1 '.repeat(950_000);
  const heapBefore = process.memoryUsage().heapUsed;
  const startedMs = performance.now();
  const read = readPromptOptions(text);
  const checked = checkPrompt(read.ok ? read.words : '');
  expect(performance.now() - startedMs).toBeLessThan(50);
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(5_000_000);
  expect(read).toEqual({ ok: true, words: text, options: {} });
  expect(checked).toEqual({ ok: false, code: 'prompt-too-long' });
});

test('A5 a message of ten megabytes and a file are answered in a sentence, and nothing is fetched', async () => {
  await using house = await openTestHouse();
  const person = await acquaintance(house);
  const refused = await answerToRaw(house, person, { text: `/generate ${'a'.repeat(10_000_000)}` });
  expect(wordsOf(refused)).toMatch(/4,?096/);
  const document = { file_id: 'f', file_unique_id: 'u', file_name: 'prompt.txt', file_size: 10_000_000 };
  const answer = await answerToRaw(house, person, { document, caption: '/generate a fox' });
  expect(wordsOf(answer)).toContain('words');
  expect(accepted(house)).toEqual([]);
  expect(house.telegram.calls.filter(({ method }) => method === 'getFile')).toEqual([]);
  expect(troubles(house)).toEqual([]);
});

test.each([
  ['emoji of two units', '😀'],
  ['flags', '🇪🇸'],
  ['families', '👩‍👩‍👧‍👦'],
  ['skins', '👍🏿'],
  ['letters with marks', 'e\u0301\u0323'],
  ['Hangul of parts', '\u1112\u1161\u11ab'],
])('A11 captions of %s are cut on the borders of what is seen', (_what, grapheme) => {
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

test('A12 half a million marks on one letter are refused by their number, before anybody looks at them', () => {
  const text = `a${'\u0301'.repeat(500_000)}`;
  const startedMs = performance.now();
  expect(checkPrompt(text)).toEqual({ ok: false, code: 'prompt-too-long' });
  expect(excerpt(text, 300).length).toBeLessThanOrEqual(300);
  expect(performance.now() - startedMs).toBeLessThan(200);
});

test.each([
  ['marks', '\u0301'.repeat(4_000)],
  ['marks of several kinds', '\u0301\u0323\u0489\u20dd'.repeat(1_000)],
  ['marks with joiners between them', '\u0301\u200d'.repeat(2_000)],
  ['marks with signs between them that are taken out', '\u0301\u202e\u0000'.repeat(1_000)],
])('A12 of %s piled up on one letter eight are shown', (_what, pile) => {
  expect(shownText(`a${pile}b`)).toMatch(/^a[\p{M}\u200d]{8}b$/u);
  expect(captionOf(`a${pile}b`).split('\n')[0]).toMatch(/^a[\p{M}\u200d]{8}b$/u);
});

test('A12 words of languages and emoji that need marks and joiners are shown as they are', () => {
  for (const words of ['क्षत्रिय', 'می‌خواهم', 'ệ ǖ', '👩‍❤️‍💋‍👨 🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'ทั้งหมด', 'שָׁלוֹם']) expect(shownText(words)).toBe(words);
});

test('A13 a sign that grows when it is normalised stays what it is, and is counted as one', async () => {
  await using house = await openTestHouse();
  const person = house.person(7);
  const prompt = '\uFDFA'.repeat(4_000);
  person.say(`/generate ${prompt}`);
  const [picture] = await pictures(person);
  expect(runs(house).map((run) => run.prompt)).toEqual([prompt]);
  expect(wordsOf(picture).length).toBeLessThanOrEqual(captionLimit);
});
