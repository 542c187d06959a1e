import { expect, test } from 'vitest';
import { maxPromptLength } from '../../src/jobs/request/generation-request.ts';
import { captionLimit } from '../../src/messages/view.ts';
import { answerTo, pictures, runs, troubles } from './talk.ts';
import { openTestApp, wordsOf } from '../support/test-app.ts';
import { accepted, acquaintance, answerToRaw, messageOf } from './raw-updates.ts';

test('4,096 units are accepted and 4,097 refused with the limit in the text (A4)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const longest = 'f'.repeat(maxPromptLength);
  const refused = await answerToRaw(app, person, { text: `/generate ${longest}f` });
  expect(wordsOf(refused)).toMatch(/4,?096/);
  expect(accepted(app)).toEqual([]);
  app.telegram.sendUpdate({ message: messageOf(7, { text: `/generate ${longest}` }) });
  await pictures(person);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual([longest]);
  expect(troubles(app)).toEqual([]);
});

test('new words in reply to a result count together with the old ones (A4)', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say(`/generate ${'f'.repeat(4_000)}`);
  const [picture] = await pictures(person);
  const refused = await answerTo(person, 'x'.repeat(95), { replyTo: picture?.id ?? 0 });
  expect(wordsOf(refused)).toMatch(/4,?096/);
  expect(accepted(app)).toHaveLength(1);
});

test('a message of ten megabytes and a file are answered in a sentence, and nothing is fetched (A5)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const refused = await answerToRaw(app, person, { text: `/generate ${'a'.repeat(10_000_000)}` });
  expect(wordsOf(refused)).toMatch(/4,?096/);
  const document = { file_id: 'f', file_unique_id: 'u', file_name: 'prompt.txt', file_size: 10_000_000 };
  const answer = await answerToRaw(app, person, { document, caption: '/generate a fox' });
  expect(wordsOf(answer)).toContain('words');
  expect(accepted(app)).toEqual([]);
  expect(app.telegram.calls.filter(({ method }) => method === 'getFile')).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('a sign that grows when it is normalised stays what it is, and is counted as one (A13)', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const prompt = '\uFDFA'.repeat(4_000);
  person.say(`/generate ${prompt}`);
  const [picture] = await pictures(person);
  expect(runs(app).map((run) => run.prompt)).toEqual([prompt]);
  expect(wordsOf(picture).length).toBeLessThanOrEqual(captionLimit);
});
