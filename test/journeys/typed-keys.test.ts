import { expect, test } from 'vitest';
import { answerTo, callsOf, pictures, runs, troubles } from './talk.ts';
import { filesIn, secretsFound } from '../support/secret-hunt.ts';
import { messageOf } from './raw-updates.ts';
import { adminId, fromBot, openTestApp, testKey, wordsOf } from '../support/test-app.ts';

const typed: readonly (readonly [string, string])[] = [
  ['a key of 32 hexadecimal digits', '9f86d081884c7d659a2feaa0c55ad015'],
  ['a key that begins with sk-', 'sk-proj-Ab3dEf6hIj9kLm2nOp5q'],
  ['a key with a name before it', 'BYTEZ_API_KEY_3 = hunter2hunter2'],
  ['a header', 'Authorization: Bearer hunter2hunter2'],
  ['a bot token', '123456789:AAF-abc_defghijklmnopqrstuvwxyz01'],
  ['a key of Google', 'AIzaSyA-1234567890abcdefghijklmnopqrstu'],
  ['a key of this very bot, whatever it looks like', testKey(1)],
];

test.each(typed)('%s that somebody types is deleted at once and kept nowhere (K16)', async (_what, key) => {
  await using app = await openTestApp();
  const admin = app.person(adminId);
  const answer = await answerTo(admin, `here is one: ${key} ok?`);
  expect(wordsOf(answer)).toContain('I deleted your message');
  expect(admin.messages().filter(({ from }) => from === 'person')).toEqual([]);
  expect(callsOf(app, 'deleteMessage')).toHaveLength(1);
  const calls = app.telegram.calls.filter(({ method }) => method !== 'getUpdates');
  const told = [
    ...filesIn(app.dataDir),
    ...calls.map((call) => ({ where: call.method, text: JSON.stringify(call) })),
    ...app.events.map((event) => ({ where: event.event, text: JSON.stringify(event) })),
  ];
  expect(secretsFound(told, [key])).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('a key as a prompt, as a caption or as an answer in a dialogue reaches neither a provider nor the disk (K16)', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const key = '9f86d081884c7d659a2feaa0c55ad015';
  await answerTo(person, `/generate a fox with ${key}`);
  await answerTo(person, '/generate');
  expect(wordsOf(await answerTo(person, key))).toContain('I deleted your message');
  const before = fromBot(person.messages()).length;
  person.sendPhoto(`my ${key}`);
  await person.waitFor((seen) => fromBot(seen).length > before);
  expect(runs(app)).toEqual([]);
  expect(secretsFound(filesIn(app.dataDir), [key])).toEqual([]);
  // The dialogue still waits for words.
  expect(wordsOf(await answerTo(person, 'a fox'))).toContain('Which shape?');
});

test('a key behind a link or as the name of a file is deleted at once and kept nowhere (K16)', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  await answerTo(person, '/help');
  const key = '9f86d081884c7d659a2feaa0c55ad015';
  const link = { type: 'text_link', offset: 0, length: 4, url: `https://example.com/?k=${key}` };
  const file = { file_id: 'f', file_unique_id: 'u', file_name: `${key}.txt` };
  for (const more of [{ text: 'here', entities: [link] }, { document: file }]) {
    const before = fromBot(person.messages()).length;
    app.telegram.sendUpdate({ message: messageOf(7, more) });
    const seen = await person.waitFor((messages) => fromBot(messages).length > before);
    expect(wordsOf(fromBot(seen).at(-1))).toMatch(/deleted your message|delete your message/);
  }
  expect(callsOf(app, 'deleteMessage')).toHaveLength(2);
  expect(secretsFound(filesIn(app.dataDir), [key])).toEqual([]);
});

test('in a group, where the bot may not delete, it asks to, and minds only what was said to it (K16)', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = app.person(7);
  person.say('look at 9f86d081884c7d659a2feaa0c55ad015', { in: group });
  const answer = await answerTo(person, '/generate 9f86d081884c7d659a2feaa0c55ad015', { in: group });
  expect(wordsOf(answer)).toContain('Please delete your message');
  expect(fromBot(person.messages(group))).toHaveLength(1);
  expect(runs(app)).toEqual([]);
});

test('whoever types no key gets a picture as always (K16)', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say('/generate a fox');
  await pictures(person);
  expect(callsOf(app, 'deleteMessage')).toEqual([]);
});
