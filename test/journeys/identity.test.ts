import { expect, test } from 'vitest';
import { identify } from '../../src/bot/middleware/identify.ts';
import { answerTo, pictures, press, troubles } from './talk.ts';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import {
  accepted,
  acquaintance,
  answerToRaw,
  dealtWith,
  groupMessageOf,
  me,
  messageOf,
  pressRaw,
  userOf,
} from './raw-updates.ts';

const placeholders = [1_087_968_824, 136_817_688, 777_000];
const channel = { id: -1_000_000_000_200, type: 'channel', title: 'News' };
const unknown = 'I don’t know that command';

test('a message that nobody signed is nobody’s (B6)', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = await acquaintance(app);
  for (const text of ['/generate a fox', `/help${me}`, '/keys']) {
    const { from: _nobody, ...post } = groupMessageOf(group, 7, { text });
    app.telegram.sendUpdate({ message: post });
    app.telegram.sendUpdate({ message: { ...post, sender_chat: channel, is_automatic_forward: true } });
    app.telegram.sendUpdate({ channel_post: { ...post, chat: channel } });
    app.telegram.sendUpdate({ message: { ...post, author_signature: `Person ${adminId}` } });
  }
  await dealtWith(person, group);
  expect(fromBot(person.messages(group))).toHaveLength(1);
  expect(accepted(app)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test.each(placeholders)('%i stands for many senders and is never a person (B7)', async (id) => {
  expect(identify({ id, is_bot: false, first_name: 'x' }, undefined)).toBeUndefined();
  expect(identify({ id, is_bot: true, first_name: 'x' }, undefined)).toBeUndefined();
  await using app = await openTestApp();
  const person = await acquaintance(app);
  app.telegram.sendUpdate({ message: messageOf(7, { text: '/generate a fox', from: userOf(id) }) });
  app.telegram.sendUpdate({
    callback_query: { id: 'q', from: userOf(id), chat_instance: '1', data: 'example:image' },
  });
  await dealtWith(person);
  expect(accepted(app)).toEqual([]);
  expect(fromBot(person.messages())).toHaveLength(2);
});

test('an admin who writes as the group or as a channel is nobody (B8)', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const admin = await acquaintance(app, adminId);
  group.makeAdmin(adminId);
  for (const from of [userOf(adminId), userOf(placeholders[0] ?? 0, { username: 'GroupAnonymousBot', is_bot: true })]) {
    for (const sender of [{ id: -100, type: 'group', title: 'Painters' }, channel]) {
      for (const text of ['/keys', `/keys${me}`, '/premium 7 30', `/generate${me} a fox`]) {
        app.telegram.sendUpdate({ message: groupMessageOf(group, adminId, { text, from, sender_chat: sender }) });
      }
    }
  }
  await dealtWith(admin, group);
  const words = fromBot(admin.messages(group)).map(wordsOf);
  expect(words).toEqual([expect.stringContaining('write as yourself'), expect.stringContaining('🌍')]);
  expect(accepted(app)).toEqual([]);
});

test('whoever forwards an admin’s words is themselves (B9)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const origins = [
    { type: 'user', sender_user: userOf(adminId), date: 1 },
    { type: 'hidden_user', sender_user_name: `Person ${adminId}`, date: 1 },
    { type: 'chat', sender_chat: channel, author_signature: `Person ${adminId}`, date: 1 },
    { type: 'channel', chat: channel, message_id: 1, date: 1 },
  ];
  for (const origin of origins) {
    const answer = await answerToRaw(app, person, { text: '/keys', forward_origin: origin });
    expect(wordsOf(answer)).toContain(unknown);
    const premium = await answerToRaw(app, person, { text: '/premium 7 30', forward_origin: origin });
    expect(wordsOf(premium)).toContain('Premium');
  }
  expect(await app.app.service.findAll(adminId)).toEqual([]);
});

test('an admin whom a message answers, quotes or came through lends nobody anything (B10)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const admins = messageOf(adminId, { text: '/keys' });
  for (const more of [
    { reply_to_message: admins },
    { external_reply: { origin: { type: 'user', sender_user: userOf(adminId), date: 1 } } },
    { quote: { text: '/keys', position: 0 } },
    { via_bot: userOf(adminId, { is_bot: true }) },
    { sender_business_bot: userOf(adminId, { is_bot: true }) },
    {
      entities: [
        { type: 'bot_command', offset: 0, length: 5 },
        { type: 'text_mention', offset: 0, length: 5, user: userOf(adminId) },
      ],
    },
  ]) {
    expect(wordsOf(await answerToRaw(app, person, { text: '/keys', ...more }))).toContain(unknown);
  }
  expect(await pressRaw(app, 7, { data: 'keys:open', message: { ...admins, chat: { id: 7, type: 'private' } } })).toBe(
    'This button is no longer in use.',
  );
});

test('an admin’s name and username on somebody else open nothing (B11)', async () => {
  await using app = await openTestApp();
  await acquaintance(app, adminId);
  const person = await acquaintance(app);
  const lookalike = userOf(7, { first_name: `Person ${adminId}`, username: 'the_admin', is_premium: true });
  for (const text of ['/keys', '/premium 7 30']) {
    const answer = await answerToRaw(app, person, { text, from: lookalike });
    expect(wordsOf(answer)).not.toMatch(/healthy|until/);
  }
  expect(wordsOf(await answerTo(person, '/start'))).not.toContain('/keys');
});

test('another member of the group presses nobody’s buttons but their own (B17)', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [ann, ben] = [await acquaintance(app, 7), await acquaintance(app, 8)];
  ann.say(`/generate${me} a fox`, { in: group });
  const [picture] = await pictures(ann, 1, group);
  const language = await answerTo(ann, `/language${me}`, { in: group });
  const status = await answerTo(ann, `/status${me}`, { in: group });
  const forgetting = await answerTo(ann, `/forget${me}`, { in: group });
  const foreign = 'This button belongs to someone else’s request.';
  expect(await press(ben, forgetting.id, 'forget:yes-7', { in: group })).toBe(foreign);
  expect(await press(ben, picture?.id ?? 0, '🔁 Again', { in: group })).toBe(foreign);
  expect(await press(ben, language.id, 'Español', { in: group })).toBe(foreign);
  expect(await press(ben, status.id, '🔄 Refresh', { in: group })).toBe(foreign);
  expect(accepted(app)).toHaveLength(1);
  expect(wordsOf(await answerTo(ben, '/language'))).toContain('Which language');
});
