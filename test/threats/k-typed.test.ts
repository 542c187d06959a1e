import * as fc from 'fast-check';
import type { Update } from 'grammy/types';
import { expect, test } from 'vitest';
import { withoutKeys } from '../../src/bot/typed-keys.ts';
import { Secret } from '../../src/kit/secret.ts';
import { answerTo, callsOf, pictures, runs, troubles } from '../journeys/talk.ts';
import { filesIn, secretsFound } from '../support/secret-hunt.ts';
import { messageOf } from './ab-stage.ts';
import { adminId, fromBot, openTestHouse, testKey, testToken, wordsOf } from '../support/test-house.ts';

const typed: readonly (readonly [string, string])[] = [
  ['a key of 32 hexadecimal digits', '9f86d081884c7d659a2feaa0c55ad015'],
  ['a key that begins with sk-', 'sk-proj-Ab3dEf6hIj9kLm2nOp5q'],
  ['a key with a name before it', 'BYTEZ_API_KEY_3 = hunter2hunter2'],
  ['a header', 'Authorization: Bearer hunter2hunter2'],
  ['a bot token', '123456789:AAF-abc_defghijklmnopqrstuvwxyz01'],
  ['a key of Google', 'AIzaSyA-1234567890abcdefghijklmnopqrstu'],
  ['a key of this very house, whatever it looks like', testKey(1)],
];

function updateWith(text: string): Update {
  const chat = { id: 7, type: 'private', first_name: 'Ann' } as const;
  return { update_id: 1, message: { message_id: 1, date: 1, chat, text, from: { ...chat, is_bot: false } } };
}

test.each(typed)('K16 %s that somebody types is deleted at once and kept nowhere', async (_what, key) => {
  await using house = await openTestHouse();
  const admin = house.person(adminId);
  const answer = await answerTo(admin, `here is one: ${key} ok?`);
  expect(wordsOf(answer)).toContain('I deleted your message');
  expect(admin.messages().filter(({ from }) => from === 'person')).toEqual([]);
  expect(callsOf(house, 'deleteMessage')).toHaveLength(1);
  const calls = house.telegram.calls.filter(({ method }) => method !== 'getUpdates');
  const told = [
    ...filesIn(house.dataDir),
    ...calls.map((call) => ({ where: call.method, text: JSON.stringify(call) })),
    ...house.events.map((event) => ({ where: event.event, text: JSON.stringify(event) })),
  ];
  expect(secretsFound(told, [key])).toEqual([]);
  expect(troubles(house)).toEqual([]);
});

test('K16 a key as a prompt, as a caption or as an answer in a dialogue reaches neither a provider nor the disk', async () => {
  await using house = await openTestHouse();
  const person = house.person(7);
  const key = '9f86d081884c7d659a2feaa0c55ad015';
  await answerTo(person, `/generate a fox with ${key}`);
  await answerTo(person, '/generate');
  expect(wordsOf(await answerTo(person, key))).toContain('I deleted your message');
  const before = fromBot(person.messages()).length;
  person.sendPhoto(`my ${key}`);
  await person.waitFor((seen) => fromBot(seen).length > before);
  expect(runs(house)).toEqual([]);
  expect(secretsFound(filesIn(house.dataDir), [key])).toEqual([]);
  // The dialogue still waits for words.
  expect(wordsOf(await answerTo(person, 'a fox'))).toContain('Which shape?');
});

test('K16 a key behind a link or as the name of a file is deleted at once and kept nowhere', async () => {
  await using house = await openTestHouse();
  const person = house.person(7);
  await answerTo(person, '/help');
  const key = '9f86d081884c7d659a2feaa0c55ad015';
  const link = { type: 'text_link', offset: 0, length: 4, url: `https://example.com/?k=${key}` };
  const file = { file_id: 'f', file_unique_id: 'u', file_name: `${key}.txt` };
  for (const more of [{ text: 'here', entities: [link] }, { document: file }]) {
    const before = fromBot(person.messages()).length;
    house.telegram.sendUpdate({ message: messageOf(7, more) });
    const seen = await person.waitFor((messages) => fromBot(messages).length > before);
    expect(wordsOf(fromBot(seen).at(-1))).toMatch(/deleted your message|delete your message/);
  }
  expect(callsOf(house, 'deleteMessage')).toHaveLength(2);
  expect(secretsFound(filesIn(house.dataDir), [key])).toEqual([]);
});

test('K16 in a group, where the bot may not delete, it asks to, and minds only what was said to it', async () => {
  await using house = await openTestHouse();
  const group = house.telegram.group({ id: -100, title: 'Painters' });
  const person = house.person(7);
  person.say('look at 9f86d081884c7d659a2feaa0c55ad015', { in: group });
  const answer = await answerTo(person, '/generate 9f86d081884c7d659a2feaa0c55ad015', { in: group });
  expect(wordsOf(answer)).toContain('Please delete your message');
  expect(fromBot(person.messages(group))).toHaveLength(1);
  expect(runs(house)).toEqual([]);
});

test('K16 what Telegram marked stays in its place, and all but the key is as it was', () => {
  const key = 'sk-proj-Ab3dEf6hIj9kLm2nOp5q';
  const seen = JSON.parse(withoutKeys(updateWith(`🦊 ${key} end`))) as Update;
  const text = seen.message?.text ?? '';
  expect(text.length).toBe(`🦊 ${key} end`.length);
  expect([text.slice(0, 3), text.slice(-4)]).toEqual(['🦊 ', ' end']);
  expect({ ...seen.message, text: '' }).toEqual({ ...updateWith('').message });
});

test.each([
  'a red fox in the snow, soft morning light, 35mm, f/1.8, ISO 100, 1920x1080, 8k, 2024-06-01T12:00:00',
  '--seed 9007199254740991 --aspect 16:9 --model stabilityai/stable-diffusion-xl-base-1.0',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  'key-lighting-and-soft-shadows-at-dusk, sk-eleton, token: a golden coin, the secret = love',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 11111111111111111111111111111111111111111111',
  'https://example.org/wiki/A_long_page_name_about_foxes_and_snow',
  '一只红色的狐狸在雪地里，柔和的晨光',
])('K16 a sentence is no key: %s', (text) => {
  expect(withoutKeys(updateWith(text), [new Secret(testToken)])).toBe(JSON.stringify(updateWith(text)));
});

test('K16 a key is found in whatever sentence it stands, and in whatever it is wrapped', () => {
  const word = fc.stringMatching(/^[a-z ,.!\n]{0,20}$/);
  const sign = fc.constantFrom(
    ' ',
    '\n',
    '_',
    '__',
    '*',
    '`',
    '"',
    '“',
    ':',
    '=',
    '/',
    '(',
    '<',
    '-',
    'ключ',
    '🔑',
    'x_',
  );
  const hex = fc.stringMatching(/^[0-9a-f]{32}$/).filter((key) => /[a-f]/.test(key) && /[0-9]/.test(key));
  const key = fc.oneof(hex, fc.constantFrom('sk-proj-Ab3dEf6hIj9kLm2nOp5q', 'AIzaSyA-1234567890abcdefghijklmnopqrstu'));
  fc.assert(
    fc.property(word, sign, key, sign, word, (before, open, found, close, after) => {
      expect(withoutKeys(updateWith(`${before}${open}${found}${close} ${after}`))).not.toContain(found);
    }),
  );
});

test('K16 whoever types no key gets a picture as always', async () => {
  await using house = await openTestHouse();
  const person = house.person(7);
  person.say('/generate a fox');
  await pictures(person);
  expect(callsOf(house, 'deleteMessage')).toEqual([]);
});
