import type { Message, User } from 'grammy/types';
import { expect, test } from 'vitest';
import { identify } from '../../../src/bot/middleware/identify.ts';

const ann: User = { id: 7, is_bot: false, first_name: 'Ann', language_code: 'es' };
const group = { id: -100, type: 'group', title: 'Painters' } as const;
const channel = { id: -1_000_000_000_200, type: 'channel', title: 'News' } as const;

function aMessage(more: Partial<Message> = {}): Message {
  return { message_id: 1, date: 1, chat: group, from: ann, text: 'hello', ...more };
}

test('identify() answers who wrote, by number, name and language', () => {
  expect(identify(ann, aMessage())).toEqual({ userId: 7, name: 'Ann', languageCode: 'es' });
});

test('identify() leaves the language out when Telegram does not say it', () => {
  expect(identify({ id: 8, is_bot: false, first_name: 'Ben' }, undefined)).toEqual({ userId: 8, name: 'Ben' });
});

test.each<[string, User | undefined, Message | undefined]>([
  ['an update without a sender', undefined, undefined],
  ['a bot', { id: 55, is_bot: true, first_name: 'Robot' }, aMessage()],
  ['an anonymous admin', { id: 1_087_968_824, is_bot: false, first_name: 'Group' }, aMessage()],
  ['a channel that writes in a group', { id: 136_817_688, is_bot: false, first_name: 'Channel' }, aMessage()],
  ['Telegram itself', { id: 777_000, is_bot: false, first_name: 'Telegram' }, aMessage()],
  ['whoever writes as the group', ann, aMessage({ sender_chat: group })],
  ['whoever writes as a channel', ann, aMessage({ sender_chat: channel })],
])('identify() knows nobody behind %s', (_what, from, message) => {
  expect(identify(from, message)).toBeUndefined();
});

test('identify() never answers the author of a forwarded or replied-to message', () => {
  const admin: User = { id: 900, is_bot: false, first_name: 'Admin' };
  const forwarded = aMessage({
    forward_origin: { type: 'user', sender_user: admin, date: 1 },
    reply_to_message: aMessage({ from: admin }) as NonNullable<Message['reply_to_message']>,
  });
  expect(identify(ann, forwarded)?.userId).toBe(7);
});

test('identify() knows who presses a button below a message that a channel sent', () => {
  const ben: User = { id: 8, is_bot: false, first_name: 'Ben' };
  expect(identify(ben, aMessage({ sender_chat: channel }))).toEqual({ userId: 8, name: 'Ben' });
});
