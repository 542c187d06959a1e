import { InlineKeyboard } from 'grammy';
import { expect, test } from 'vitest';
import { aTelegram, refusalOf } from './a-telegram.ts';

test('in a group the bot sees only what is meant for it', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const friends = sandbox.group({ id: -1_001_000_000_001, title: 'Friends' });
  const group = { in: friends };
  ada.say('just talk', group);
  ada.say('/generate a fox', group);
  ada.say('/generate@other_bot a fox', group);
  ada.say('/generate@our_bot a fox', group);
  ada.say('hey @our_bot', group);
  const { message_id: id } = await api.sendMessage(friends.id, 'yes?');
  ada.say('nothing', { ...group, replyTo: id });
  const updates = await api.getUpdates();
  expect(updates.slice(1).map(({ message }) => message?.text)).toEqual([
    '/generate a fox',
    '/generate@our_bot a fox',
    'hey @our_bot',
    'nothing',
  ]);
  expect(updates.at(-1)?.message).toMatchObject({
    chat: { id: friends.id, type: 'supergroup', title: 'Friends' },
    from: { id: 501, first_name: 'Ada', language_code: 'pt-br' },
    reply_to_message: { message_id: id, text: 'yes?' },
  });
  expect(ada.messages(friends)).toHaveLength(7);
  expect(ada.messages()).toHaveLength(1);
});

test('message ids count by chat', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const friends = sandbox.group({ id: -5, title: 'Friends' });
  expect((await api.sendMessage(friends.id, 'x')).message_id).toBe(1);
  expect((await api.sendMessage(ada.id, 'x')).message_id).toBe(2);
  expect((await api.getChat(friends.id)).type).toBe('group');
});

test('every member presses the buttons of a group under their own name', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const friends = sandbox.group({ id: -5, title: 'Friends' });
  const bob = sandbox.person({ id: 502, firstName: 'Bob' });
  const keyboard = new InlineKeyboard().text('Go', 'go');
  const { message_id: id } = await api.sendMessage(friends.id, 'x', { reply_markup: keyboard });
  ada.press(id, 'Go', { in: friends });
  bob.press(id, 'go', { in: friends });
  const updates = await api.getUpdates();
  expect(updates.slice(1).map(({ callback_query: query }) => [query?.from.id, query?.message?.chat.id])).toEqual([
    [501, -5],
    [502, -5],
  ]);
});

test('a topic has to exist and to be open', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const forum = sandbox.group({ id: -1_001_000_000_002, title: 'Forum', isForum: true });
  const pictures = forum.addTopic('Pictures');
  ada.say('/generate a fox', { in: forum, threadId: pictures });
  const update = (await api.getUpdates()).at(-1);
  expect(update?.message).toMatchObject({ message_thread_id: pictures, is_topic_message: true });
  await api.sendMessage(forum.id, 'in it', { message_thread_id: pictures });
  await api.sendMessage(forum.id, 'in the general one', { message_thread_id: 1 });
  expect(ada.messages(forum).map(({ threadId }) => threadId)).toEqual([pictures, pictures, undefined]);
  const noThread = '400 Bad Request: message thread not found';
  expect(await refusalOf(api.sendMessage(forum.id, 'x', { message_thread_id: 77 }))).toBe(noThread);
  expect(await refusalOf(api.sendMessage(ada.id, 'x', { message_thread_id: pictures }))).toBe(noThread);
  forum.closeTopic(pictures);
  expect(await refusalOf(api.sendMessage(forum.id, 'x', { message_thread_id: pictures }))).toBe(
    '400 Bad Request: TOPIC_CLOSED',
  );
});

test('an upgraded group names its supergroup, a group that kicked the bot refuses its calls', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api } = telegram;
  const group = sandbox.group({ id: -5, title: 'Friends' });
  const supergroup = group.upgrade(-1_001_000_000_005);
  await expect(api.sendMessage(group.id, 'x')).rejects.toMatchObject({
    error_code: 400,
    parameters: { migrate_to_chat_id: supergroup.id },
  });
  await api.sendMessage(supergroup.id, 'x');
  supergroup.kickBot();
  expect(await refusalOf(api.sendMessage(supergroup.id, 'x'))).toBe(
    '403 Forbidden: bot was kicked from the supergroup chat',
  );
});

test('getChatMember() knows members, admins and people outside the chat', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const group = sandbox.group({ id: -5, title: 'Friends' });
  const bob = sandbox.person({ id: 502, firstName: 'Bob' });
  ada.say('hi', { in: group });
  const status = async (userId: number) => (await api.getChatMember(group.id, userId)).status;
  expect([await status(ada.id), await status(bob.id), await status(7_000_000_001)]).toEqual([
    'member',
    'left',
    'member',
  ]);
  group.makeAdmin(ada.id);
  expect(await status(ada.id)).toBe('administrator');
  expect(await refusalOf(status(999))).toBe('400 Bad Request: user not found');
});

test('in a group the bot deletes its own messages only', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const group = sandbox.group({ id: -5, title: 'Friends' });
  const theirs = ada.say('/start', { in: group });
  const { message_id: ours } = await api.sendMessage(group.id, 'x');
  expect(await refusalOf(api.deleteMessage(group.id, theirs))).toBe("400 Bad Request: message can't be deleted");
  await api.deleteMessage(group.id, ours);
  expect(ada.messages(group)).toHaveLength(1);
});
