import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPrompt } from '../../src/jobs/request/generation-request.ts';
import { shownText } from '../../src/messages/view.ts';
import { answerTo, pictures, runs, troubles } from './talk.ts';
import { openTestApp, wordsOf } from '../support/test-app.ts';
import { accepted, acquaintance, answerToRaw, messageOf, refusedCalls, sent, userOf } from './raw-updates.ts';

const promptOf = (text: string) => {
  const checked = checkPrompt(text);
  return checked.ok ? checked.prompt : checked.code;
};

test('a person whose words cannot be seen hears so, and pays nothing (A6)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const nothing = '\u3164\u2800\u200d';
  expect(wordsOf(await answerToRaw(app, person, { text: `/generate a fox --no "${nothing}"` }))).toContain('--no');
  const answer = await answerToRaw(app, person, { text: `/generate ${nothing} --seed 1` });
  expect(wordsOf(answer)).toContain('/generate');
  expect(answer.buttons.flat().map(({ data }) => data)).toContain('example:image');
  expect(accepted(app)).toEqual([]);
});

test('a zero character reaches neither the database nor the provider nor Telegram (A7)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  app.telegram.sendUpdate({ message: messageOf(7, { text: '/generate a\u0000 fox\u0000 --no "a\u0000 tree"' }) });
  const [picture] = await pictures(person);
  expect(wordsOf(picture)).toContain('a fox');
  expect(runs(app)).toMatchObject([{ prompt: 'a fox', params: { negative_prompt: 'a tree' } }]);
  const jobs = await app.app.service.findAll(7);
  expect(jobs.map(({ prompt }) => prompt)).toEqual(['a fox']);
  expect(sent(app)).not.toContain(String.raw`\u0000`);
});

test('what turns text round is kept for the provider and gone beside our own words (A9)', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const prompt = 'abc\u202Egnp.exe \u2066left\u2069 \u202Bx';
  person.say(`/generate ${prompt}`);
  const [picture] = await pictures(person);
  expect(runs(app).map((run) => run.prompt)).toEqual([prompt]);
  expect(wordsOf(picture)).toContain('abcgnp.exe left x');
  expect(sent(app)).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
  expect(readdirSync(join(app.dataDir, 'results'))).toEqual([expect.stringMatching(/^job-tg-\d+\.png$/)]);
  expect(shownText('\u202Aa\u202Bb\u202Cc\u202Dd\u202Ee\u2066f\u2067g\u2068h\u2069')).toBe('abcdefgh');
});

test('half an emoji becomes a sign of its own before it is kept, and Telegram refuses nothing (A10)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  app.telegram.sendUpdate({
    message: messageOf(7, { text: `/generate a\uD800b ${'😀'.slice(0, 1)} ${'😀'.slice(1)} fox` }),
  });
  const [picture] = await pictures(person);
  const replaced = 'a\uFFFDb \uFFFD \uFFFD fox';
  expect(promptOf(`a\uD800b ${'😀'.slice(0, 1)} ${'😀'.slice(1)} fox`)).toBe(replaced);
  expect(runs(app).map((run) => run.prompt)).toEqual([replaced]);
  expect(wordsOf(picture)).toContain(replaced);
  const halves = { first_name: 'Ann\uD83D', language_code: 'e\uD800' };
  await answerToRaw(app, person, { text: '/start', from: userOf(7, halves) });
  expect(wordsOf(await answerTo(person, '/generate x --model a\uD800b --seed 1'))).toContain('a\uFFFDb');
  // Telegram knows the message that only this update tells of; the stand-in does not, and takes no reaction to it.
  expect(refusedCalls(app).filter((call) => !call.startsWith('setMessageReaction: 400'))).toEqual([]);
  expect(troubles(app)).toEqual([]);
});
