import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HouseEvent } from '../../src/domain/events.ts';
import { checkPrompt } from '../../src/generation/prompt-rules.ts';
import { shownText } from '../../src/messages/shown-text.ts';
import { createLogger, tellTo } from '../../src/observability/logger.ts';
import { createRedactor } from '../../src/observability/redactor.ts';
import { answerTo, pictures, runs, troubles } from '../journeys/talk.ts';
import { openTestHouse, wordsOf } from '../support/test-house.ts';
import { accepted, acquaintance, answerToRaw, messageOf, refusedCalls, sent, userOf } from './ab-stage.ts';

const promptOf = (text: string) => {
  const checked = checkPrompt(text);
  return checked.ok ? checked.prompt : checked.code;
};

test.each([
  ['nothing', ''],
  ['spaces', ' \t\n\u00a0\u2003\u3000 '],
  ['zero-width signs', '\u200B\u200D\u2060\uFEFF'],
  ['the Hangul filler', '\u3164'],
  ['the other Hangul fillers', '\u115F\u1160\uFFA0'],
  ['the blank of Braille', '\u2800'],
  ['tags', '\u{E0001}\u{E0067}\u{E007F}'],
  ['marks of direction', '\u200E\u200F\u061C\u202E\u2066\u2069'],
  ['variation selectors', '\uFE0F\u{E0100}'],
  ['invisible signs of mathematics', '\u2061\u2062\u2063\u2064'],
  ['joiners that show nothing', '\u034F\u00AD\u180E'],
  ['control characters', '\u0000\u001b\u007f\u009f'],
])('A6 %s alone are an empty prompt', (_what, text) => {
  expect(promptOf(text)).toBe('empty-prompt');
});

test('A6 what is seen beside the invisible is kept together with it', () => {
  expect(promptOf('\u200Ba\u200D')).toBe('\u200Ba\u200D');
  expect(promptOf('👩‍👩‍👧')).toBe('👩‍👩‍👧');
});

test('A6 a person whose words cannot be seen hears so, and pays nothing', async () => {
  await using house = await openTestHouse();
  const person = await acquaintance(house);
  const nothing = '\u3164\u2800\u200d';
  expect(wordsOf(await answerToRaw(house, person, { text: `/generate a fox --no "${nothing}"` }))).toContain('--no');
  const answer = await answerToRaw(house, person, { text: `/generate ${nothing} --seed 1` });
  expect(wordsOf(answer)).toContain('/generate');
  expect(answer.buttons.flat().map(({ data }) => data)).toContain('example:image');
  expect(accepted(house)).toEqual([]);
});

test('A7 control characters are gone but for line breaks and tabs', () => {
  const all = String.fromCharCode(...Array.from({ length: 0xa0 }, (_, code) => code));
  expect(promptOf(`a${all}b`)).toBe(
    `a\t\n${Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index)).join('')}b`,
  );
});

test('A7 a zero character reaches neither the database nor the provider nor Telegram', async () => {
  await using house = await openTestHouse();
  const person = await acquaintance(house);
  house.telegram.sendUpdate({ message: messageOf(7, { text: '/generate a\u0000 fox\u0000 --no "a\u0000 tree"' }) });
  const [picture] = await pictures(person);
  expect(wordsOf(picture)).toContain('a fox');
  expect(runs(house)).toMatchObject([{ prompt: 'a fox', params: { negative_prompt: 'a tree' } }]);
  const jobs = await house.house.service.findAll(7);
  expect(jobs.map(({ prompt }) => prompt)).toEqual(['a fox']);
  expect(sent(house)).not.toContain(String.raw`\u0000`);
});

test('A8 escape sequences of terminals lose what makes them work', () => {
  expect(promptOf('a \x1b[2J\x1b]0;pwn\x07 fox \x9b31m')).toBe('a [2J]0;pwn fox 31m');
});

test.each([false, true])('A8 A14 foreign words in the log stay on one line without ESC (pretty: %s)', (pretty) => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const tell = tellTo(createLogger({ level: 'trace', redactor: createRedactor([]), destination, pretty }));
  const nasty = 'x\x1b[2J\x1b]0;pwn\x07\x9b\r\n{"level":"error","msg":"forged"}\n2026-01-01 admin logged in';
  const events: readonly HouseEvent[] = [
    { event: 'telegram.trouble', method: 'sendMessage', detail: nasty },
    { event: 'house.trouble', what: nasty, error: new Error(nasty, { cause: new Error(nasty) }) },
    { event: 'update.failed', updateId: 5, error: new Error(nasty), setAside: true },
    { event: 'result.refetch', jobId: 'tg-1' as never, detail: nasty },
    { event: 'config.warning', text: nasty },
  ];
  for (const event of events) tell(event);
  expect(lines).toHaveLength(events.length);
  expect(lines.join('')).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
  for (const line of lines) {
    expect(line.split('\n').filter((part) => /^\s*(?:\{"level":"error"|2026-01-01 admin)/.test(part))).toEqual([]);
  }
});

test('A9 what turns text round is kept for the provider and gone beside our own words', async () => {
  await using house = await openTestHouse();
  const person = house.person(7);
  const prompt = 'abc\u202Egnp.exe \u2066left\u2069 \u202Bx';
  person.say(`/generate ${prompt}`);
  const [picture] = await pictures(person);
  expect(runs(house).map((run) => run.prompt)).toEqual([prompt]);
  expect(wordsOf(picture)).toContain('abcgnp.exe left x');
  expect(sent(house)).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  expect(readdirSync(join(house.dataDir, 'results'))).toEqual([expect.stringMatching(/^job-tg-\d+\.png$/)]);
  expect(shownText('\u202Aa\u202Bb\u202Cc\u202Dd\u202Ee\u2066f\u2067g\u2068h\u2069')).toBe('abcdefgh');
});

test('A10 half an emoji becomes a sign of its own before it is kept, and Telegram refuses nothing', async () => {
  await using house = await openTestHouse();
  const person = await acquaintance(house);
  house.telegram.sendUpdate({
    message: messageOf(7, { text: `/generate a\uD800b ${'😀'.slice(0, 1)} ${'😀'.slice(1)} fox` }),
  });
  const [picture] = await pictures(person);
  const mended = 'a\uFFFDb \uFFFD \uFFFD fox';
  expect(promptOf(`a\uD800b ${'😀'.slice(0, 1)} ${'😀'.slice(1)} fox`)).toBe(mended);
  expect(runs(house).map((run) => run.prompt)).toEqual([mended]);
  expect(wordsOf(picture)).toContain(mended);
  const halves = { first_name: 'Ann\uD83D', language_code: 'e\uD800' };
  await answerToRaw(house, person, { text: '/start', from: userOf(7, halves) });
  expect(wordsOf(await answerTo(person, '/generate x --model a\uD800b --seed 1'))).toContain('a\uFFFDb');
  expect(refusedCalls(house)).toEqual([]);
  expect(troubles(house)).toEqual([]);
});
