import * as fc from 'fast-check';
import type { Update } from 'grammy/types';
import { expect, test } from 'vitest';
import { redactSecrets } from '../../src/bot/message-words.ts';
import { Secret } from '../../src/kit/secret.ts';
import { testToken } from '../support/test-app.ts';

function updateWith(text: string): Update {
  const chat = { id: 7, type: 'private', first_name: 'Ann' } as const;
  return { update_id: 1, message: { message_id: 1, date: 1, chat, text, from: { ...chat, is_bot: false } } };
}

test('what Telegram marked stays in its place, and all but the key is as it was (K16)', () => {
  const key = 'sk-proj-Ab3dEf6hIj9kLm2nOp5q';
  const seen = JSON.parse(redactSecrets(updateWith(`🦊 ${key} end`))) as Update;
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
])('a sentence is no key: %s (K16)', (text) => {
  expect(redactSecrets(updateWith(text), [new Secret(testToken)])).toBe(JSON.stringify(updateWith(text)));
});

test('a key is found in whatever sentence it stands, and in whatever it is wrapped (K16)', () => {
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
  const key = fc.oneof(
    hex,
    fc.constantFrom(
      'sk-proj-Ab3dEf6hIj9kLm2nOp5q',
      'AIzaSyA-1234567890abcdefghijklmnopqrstu',
      'AQ.Ab8RN6K-1234567890abcdefghij',
    ),
  );
  fc.assert(
    fc.property(word, sign, key, sign, word, (before, open, found, close, after) => {
      expect(redactSecrets(updateWith(`${before}${open}${found}${close} ${after}`))).not.toContain(found);
    }),
  );
});
