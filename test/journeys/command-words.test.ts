import { expect, test } from 'vitest';
import { answerTo, pictures, runs, troubles } from './talk.ts';
import { adminId, fromBot, openTestApp, wordsOf } from '../support/test-app.ts';
import {
  accepted,
  acquaintance,
  answerToRaw,
  commandsIn,
  dealtWith,
  groupMessageOf,
  me,
  messageOf,
  userOf,
} from './raw-updates.ts';

const unknown = 'I don’t know that command';

test.each(['/generate@OtherBot a fox', '/generates a fox', '/ generate a fox', '⁄generate a fox'])(
  '%s is no command of ours (A18)',
  async (text) => {
    await using app = await openTestApp();
    const person = await acquaintance(app);
    await answerToRaw(app, person, { text });
    expect(accepted(app)).toEqual([]);
    expect(troubles(app)).toEqual([]);
  },
);

test.each([
  ['/keys@OtherBot', unknown],
  ['/keyss', 'Did you mean /keys?'],
])('%s shows an admin no keys (A18)', async (text, words) => {
  await using app = await openTestApp();
  const admin = await acquaintance(app, adminId);
  expect(wordsOf(await answerToRaw(app, admin, { text }))).toContain(words);
});

test('a command with another space behind it is the command, and its words are its words (A18)', async () => {
  await using app = await openTestApp();
  const admin = await acquaintance(app, adminId);
  expect(wordsOf(await answerToRaw(app, admin, { text: '/keys\u00A0x' }))).toContain('What you can do with keys');
  app.telegram.sendUpdate({ message: messageOf(adminId, { text: '/generate\u00A0a fox' }) });
  await pictures(admin);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['a fox']);
});

test('edits, quotes, code and commands further inside run nothing (A18)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const command = '/generate a fox';
  const message = messageOf(7, { text: command });
  app.telegram.sendUpdate({ edited_message: { ...message, edit_date: 1_790_000_001 } });
  app.telegram.sendUpdate({ edited_channel_post: message });
  app.telegram.sendUpdate({ channel_post: message });
  app.telegram.sendUpdate({ business_message: { ...message, business_connection_id: 'b' } });
  const code = [{ type: 'code', offset: 1, length: command.length }, ...commandsIn(command)];
  await answerToRaw(app, person, { text: `\u200F${command}`, entities: code.slice(0, 1) });
  await answerToRaw(app, person, { text: 'nice', quote: { text: command, position: 0, is_manual: true } });
  await answerToRaw(app, person, {
    text: `look: ${command}`,
    entities: [{ type: 'bot_command', offset: 6, length: 9 }],
  });
  await answerToRaw(app, person, { text: command, entities: [] });
  expect(accepted(app)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('a forwarded command is the forwarder’s own wish, and never an admin’s word (A18)', async () => {
  await using app = await openTestApp();
  const [person, admin] = [await acquaintance(app), await acquaintance(app, adminId)];
  const from = (id: number) => ({ forward_origin: { type: 'user', sender_user: userOf(id), date: 1 } });
  app.telegram.sendUpdate({ message: messageOf(7, { text: '/generate a fox', ...from(adminId) }) });
  await pictures(person);
  expect((await app.app.service.findAll(7)).map(({ prompt }) => prompt)).toEqual(['a fox']);
  expect(wordsOf(await answerToRaw(app, admin, { text: '/keys', ...from(7) }))).toContain(unknown);
  await answerToRaw(app, admin, { text: '/premium 7 30', ...from(7) });
  expect(wordsOf(await answerTo(person, '/premium'))).not.toContain('until');
});

const file = { file_id: 'f', file_unique_id: 'u' };
const contents: Readonly<Record<string, unknown>> = {
  voice: { ...file, duration: 1 },
  sticker: { ...file, type: 'regular', width: 1, height: 1, is_animated: false, is_video: false },
  contact: { phone_number: '+1', first_name: 'Ann' },
  location: { latitude: 1, longitude: 1 },
  venue: { location: { latitude: 1, longitude: 1 }, title: 'x', address: 'y' },
  poll: { id: 'p', question: '/generate a fox', options: [], type: 'regular' },
  dice: { emoji: '🎲', value: 6 },
  paid_media: { star_count: 1, paid_media: [] },
  video_note: { ...file, length: 1, duration: 1 },
  story: { id: 1, chat: { id: 5, type: 'channel', title: 'x' } },
  game: { title: '/generate a fox', description: '', photo: [] },
  checklist: { title: 'x', tasks: [] },
};

test('whatever is no text is answered in a sentence in private, and passed over in a group (A26)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  await dealtWith(person, group);
  for (const [kind, content] of Object.entries(contents)) {
    const answer = await answerToRaw(app, person, { [kind]: content });
    expect([kind, wordsOf(answer)]).toEqual([kind, expect.stringContaining('I work from words')]);
    app.telegram.sendUpdate({ message: groupMessageOf(group, 7, { [kind]: content }) });
  }
  await dealtWith(person, group);
  expect(fromBot(person.messages(group))).toHaveLength(2);
  expect(accepted(app)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('what Telegram writes by itself and updates without a message are nobody’s words (A26)', async () => {
  await using app = await openTestApp();
  const person = await acquaintance(app);
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  await dealtWith(person, group);
  const services = {
    pinned_message: { message_id: 1, date: 0, chat: { id: 7, type: 'private' } },
    message_auto_delete_timer_changed: { message_auto_delete_time: 86_400 },
    new_chat_members: [userOf(8)],
    left_chat_member: userOf(8),
    new_chat_title: '/generate a fox',
    group_chat_created: true,
    migrate_from_chat_id: -5,
    users_shared: { request_id: 1, users: [] },
    write_access_allowed: {},
    chat_background_set: {},
    video_chat_started: {},
    gift: {},
    a_kind_of_tomorrow: { text: '/generate a fox' },
  };
  for (const [kind, content] of Object.entries(services)) {
    app.telegram.sendUpdate({ message: messageOf(7, { [kind]: content }) });
    app.telegram.sendUpdate({ message: groupMessageOf(group, 7, { [kind]: content }) });
  }
  const member = { user: userOf(1), status: 'member' };
  const [chat, from] = [{ id: 7, type: 'private' }, userOf(7)];
  app.telegram.sendUpdate({
    my_chat_member: { chat, from, date: 1, old_chat_member: member, new_chat_member: member },
  });
  app.telegram.sendUpdate({ callback_query: { id: 'q', from: userOf(7), chat_instance: '1' } });
  app.telegram.sendUpdate({});
  await dealtWith(person);
  await answerTo(person, `/help${me}`, { in: group });
  expect(fromBot(person.messages())).toHaveLength(2);
  expect(fromBot(person.messages(group))).toHaveLength(2);
  expect(app.events.filter(({ event }) => event === 'update.failed')).toEqual([]);
});
