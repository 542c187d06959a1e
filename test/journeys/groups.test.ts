import { expect, test } from 'vitest';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, pictures, press, reads, runs, troubles, until } from './talk.ts';

const me = '@darkroom_sandbox_bot';
const aGroup = (app: TestApp) => app.telegram.group({ id: -100, title: 'Painters' });

test('a person in a group gets an answer and a picture as a reply', async () => {
  await using app = await openTestApp();
  const group = aGroup(app);
  const person = app.person(7);
  const asked = person.say(`/generate${me} a fox`, { in: group });
  expect(await pictures(person, 1, group)).toMatchObject([{ replyTo: asked }]);
  const help = person.say(`/help${me}`, { in: group });
  await person.waitFor((seen) => seen.some(({ replyTo }) => replyTo === help), { in: group });
  expect(fromBot(person.messages())).toEqual([]);
});

test('a person in a forum gets answer and picture in the topic where they asked', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -1_000_000_000_100, title: 'Painters', isForum: true });
  const [first, second] = [group.addTopic('foxes'), group.addTopic('hares')];
  const person = app.person(7);
  const help = await answerTo(person, `/help${me}`, { in: group, threadId: second });
  expect(help.threadId).toBe(second);
  const how = await answerTo(person, `/generate${me}`, { in: group, threadId: first });
  expect(how.threadId).toBe(first);
  await press(person, how.id, '🦊 An example picture', { in: group });
  expect(await pictures(person, 1, group)).toMatchObject([{ threadId: first }]);
  person.say(`/generate${me} a hare`, { in: group, threadId: second });
  expect((await pictures(person, 2, group))[1]).toMatchObject({ threadId: second });
});

test('a picture whose status message was deleted comes in the same topic', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -1_000_000_000_100, title: 'Painters', isForum: true });
  const threadId = group.addTopic('foxes');
  const person = app.person(7);
  const hold = app.bytez.hold();
  const statusMessage = await answerTo(person, '/generate a fox', { in: group, threadId });
  await until(() => runs(app).length === 1);
  person.deleteMessage(statusMessage.id, { in: group });
  hold.release();
  expect(await pictures(person, 1, group)).toMatchObject([{ threadId }]);
});

test('people who talk among themselves in a group are left alone', async () => {
  await using app = await openTestApp();
  const group = aGroup(app);
  const person = app.person(7);
  const statusMessage = await answerTo(person, `/help${me}`, { in: group });
  person.say(`hello ${me}`, { in: group });
  person.say('nice!', { in: group, replyTo: statusMessage.id });
  person.say('/paint a fox', { in: group });
  person.sendPhoto(`look ${me}`, { in: group });
  app.telegram.sendUpdate({ message: rawMessage({ text: `/generate@other_bot ${me} a fox`, commandLength: 19 }) });
  const said = person.say(`/paint${me} a fox`, { in: group });
  await person.waitFor((seen) => seen.some(({ replyTo }) => replyTo === said), { in: group });
  const [help, unknown, ...others] = fromBot(person.messages(group));
  expect(others).toEqual([]);
  expect(help?.id).toBe(statusMessage.id);
  expect(wordsOf(unknown)).toContain('I don’t know that command');
  expect(runs(app)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

/** A command in the group as Telegram sends it. */
function rawMessage(more: {
  readonly text: string;
  readonly commandLength: number;
  readonly from?: object;
  readonly senderChat?: object;
}) {
  return {
    message_id: 5_000,
    date: 1,
    chat: { id: -100, type: 'group', title: 'Painters' },
    from: more.from ?? { id: 7, is_bot: false, first_name: 'Person 7' },
    ...(more.senderChat === undefined ? {} : { sender_chat: more.senderChat }),
    text: more.text,
    entities: [{ type: 'bot_command', offset: 0, length: more.commandLength }],
  };
}

test('anonymous admins, channels and other bots make no pictures; those who may be people are told why, once', async () => {
  await using app = await openTestApp();
  const group = aGroup(app);
  const person = app.person(7);
  const asked = { text: '/generate a fox', commandLength: 9 };
  const anonymous = { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' };
  const channelBot = { id: 136_817_688, is_bot: true, first_name: 'Channel', username: 'Channel_Bot' };
  const channel = { id: -1_000_000_000_200, type: 'channel', title: 'News' };
  app.telegram.sendUpdate({
    message: rawMessage({ ...asked, from: anonymous, senderChat: { id: -100, type: 'group', title: 'Painters' } }),
  });
  app.telegram.sendUpdate({ message: rawMessage({ ...asked, from: channelBot, senderChat: channel }) });
  app.telegram.sendUpdate({
    message: rawMessage({
      ...asked,
      from: { id: 777_000, is_bot: false, first_name: 'Telegram' },
      senderChat: channel,
    }),
  });
  app.telegram.sendUpdate({ message: rawMessage({ ...asked, from: { id: 55, is_bot: true, first_name: 'Robot' } }) });
  const { from: _nobody, ...post } = rawMessage(asked);
  app.telegram.sendUpdate({ channel_post: { ...post, chat: channel } });
  const help = person.say(`/help${me}`, { in: group });
  await person.waitFor((seen) => seen.some(({ replyTo }) => replyTo === help), { in: group });
  const words = fromBot(person.messages(group)).map(wordsOf);
  expect(words).toEqual([
    expect.stringContaining('write as yourself, or ask me in a private chat'),
    expect.any(String),
  ]);
  expect(app.events.filter(({ event }) => event === 'job.accepted')).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('a person in a group whose request waits is not cancelled by another’s /cancel', async () => {
  await using app = await openTestApp();
  const group = aGroup(app);
  const hold = app.bytez.hold();
  const [ann, ben] = [app.person(7), app.person(8)];
  const statusMessage = await answerTo(ann, '/generate a fox', { in: group });
  await until(() => runs(app).length === 1);
  expect(wordsOf(await answerTo(ben, `/cancel${me}`, { in: group }))).toContain('There’s nothing to cancel.');
  expect(await press(ben, statusMessage.id, '✖ Cancel', { in: group })).toContain('someone else’s request');
  expect(await press(ann, statusMessage.id, '✖ Cancel', { in: group })).toBe('Cancelled.');
  await reads(ann, statusMessage.id, 'Cancelled.', group);
  hold.release();
});

test('a person in a group presses only their own buttons to try again', async () => {
  await using app = await openTestApp();
  const group = aGroup(app);
  const [ann, ben] = [app.person(7), app.person(8)];
  ann.say('/generate a fox', { in: group });
  const [picture] = await pictures(ann, 1, group);
  expect(await press(ben, picture?.id ?? 0, '🔁 Again', { in: group })).toContain('someone else’s request');
  expect(await press(ann, picture?.id ?? 0, '🔁 Again', { in: group })).toBe('On it!');
  await pictures(ann, 2, group);
  expect(runs(app)).toHaveLength(2);
});

test('a person in a group who has no room for more finds the own requests behind the button after pressing again', async () => {
  await using app = await openTestApp({ env: { FREE_WAITING: '1' } });
  const group = aGroup(app);
  const person = app.person(7);
  person.say('/generate a fox', { in: group });
  const [picture] = await pictures(person, 1, group);
  await app.event('job.delivered');
  const hold = app.bytez.hold();
  await answerTo(person, '/generate a hare', { in: group });
  await until(() => runs(app).length === 2);
  const before = person.messages(group).length;
  await press(person, picture?.id ?? 0, '🔁 Again', { in: group });
  const seen = await person.waitFor((messages) => messages.length > before, { in: group });
  const refused = seen.at(-1);
  expect(wordsOf(refused)).toContain('You already have 1 request in line');
  expect(await press(person, refused?.id ?? 0, '📋 My requests', { in: group })).toBe('Up to date.');
  hold.release();
});

test('a bot that was shown out of a group troubles nobody', async () => {
  await using app = await openTestApp();
  const group = aGroup(app);
  const person = app.person(7);
  const hold = app.bytez.hold();
  await answerTo(person, '/generate a fox', { in: group });
  await until(() => runs(app).length === 1);
  group.kickBot();
  hold.release();
  expect((await app.event('job.undeliverable')).why).toContain('closed');
  person.say('/generate a hare');
  expect(await pictures(person)).toHaveLength(1);
});
