import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fromBot, openTestApp, wordsOf } from '../support/test-app.ts';

test('a person asks for a picture and the status message becomes the picture', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const asked = person.say('/generate a red fox in the snow');
  const messages = await person.waitFor((seen) => seen.some(({ photo }) => photo !== undefined));
  const [answer, ...others] = fromBot(messages);
  expect(others).toEqual([]);
  expect(answer).toMatchObject({ replyTo: asked, edited: true, photo: { mime: 'image/png' } });
  expect(wordsOf(answer)).toContain('a red fox in the snow');
  expect(readdirSync(join(app.dataDir, 'results'))).toHaveLength(1);
});

test('a person asks for a video and the status message becomes the video', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say('/video waves on a beach');
  const messages = await person.waitFor((seen) => seen.some(({ video }) => video !== undefined));
  expect(fromBot(messages)).toMatchObject([{ edited: true, video: { mime: 'video/mp4' } }]);
});

test('markup and emoji in a prompt are shown as they were written, and sent to the provider unchanged', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const prompt = '<b>bold</b> & "quotes" 🦊🇪🇸 </code> {ahead} ${7*7}';
  person.say(`/generate ${prompt}`);
  const messages = await person.waitFor((seen) => seen.some(({ photo }) => photo !== undefined));
  expect(wordsOf(fromBot(messages)[0])).toContain(prompt);
  expect(app.bytez.calls.find(({ route }) => route === 'run')?.prompt).toBe(prompt);
});

test('a prompt of three thousand characters becomes a picture', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const prompt = 'a very long story of a fox '.repeat(112).slice(0, 3_000).trim();
  person.say(`/generate ${prompt}`);
  await person.waitFor((seen) => seen.some(({ photo }) => photo !== undefined));
  expect(app.bytez.calls.find(({ route }) => route === 'run')?.prompt).toBe(prompt);
});

test('two people at once each get their own picture', async () => {
  await using app = await openTestApp({ accounts: [[], []], latencyMs: 50 });
  const [ann, ben] = [app.person(7), app.person(8)];
  ann.say('/generate an apple');
  ben.say('/generate a banana');
  const seen = await Promise.all(
    [ann, ben].map((person) => person.waitFor((messages) => messages.some(({ photo }) => photo !== undefined))),
  );
  expect(seen.map((messages) => wordsOf(fromBot(messages)[0]).split('\n')[0])).toEqual(['an apple', 'a banana']);
});
