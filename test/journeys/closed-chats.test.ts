import { expect, test } from 'vitest';
import type { Group } from '../../sandbox/telegram/people/group.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, pictures, picturesOf, reads, runs, until } from './talk.ts';

const refuse = (says: string, code = 400) => ({ kind: 'refuse', code, says }) as const;

/** The credit of the only picture of a day is back: another one can be asked for. */
const onePicture = { FREE_IMAGES_PER_DAY: '1' };

async function undeliverable(app: TestApp): Promise<void> {
  expect(await app.event('job.undeliverable')).toMatchObject({ held: 'closed' });
}

test.each([
  ['may not write', 'Bad Request: not enough rights to send text messages to the chat'],
  ['is not in it', 'Forbidden: bot is not a member of the supergroup chat'],
  ['is restricted', 'Bad Request: CHAT_RESTRICTED'],
  ['needs rights', 'Bad Request: need administrator rights in the channel chat'],
])('a request in a group where the bot %s asks no provider, and counts for nothing', async (_why, says) => {
  await using app = await openTestApp({ env: onePicture });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = app.person(7);
  app.telegram.addFault({ chatId: -100, do: refuse(says, says.startsWith('Forbidden') ? 403 : 400) });
  person.say('/generate a fox', { in: group });
  await undeliverable(app);
  expect(runs(app)).toEqual([]);
  person.say('/generate a hare');
  expect(await pictures(person)).toHaveLength(1);
});

test('a request in a closed topic asks no provider, and its person hears of it when the topic opens', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -1_000_000_000_100, title: 'Painters', isForum: true });
  const threadId = group.addTopic('foxes');
  const person = app.person(7);
  app.telegram.addFault({ chatId: group.id, do: refuse('Bad Request: TOPIC_CLOSED') });
  person.say('/generate a fox', { in: group, threadId });
  await undeliverable(app);
  expect(runs(app)).toEqual([]);
  person.say('/help', { in: group, threadId });
  await until(() => callsOf(app, 'sendMessage').length >= 2);
  await answerTo(person, '/help');
  expect(app.events.filter(({ event }) => event === 'update.failed')).toEqual([]);
  app.telegram.clearFaults();
  const other = group.addTopic('hares');
  person.say('/generate a hare', { in: group, threadId: other });
  expect(await pictures(person, 1, group)).toMatchObject([{ threadId: other }]);
  person.say('/help', { in: group, threadId });
  await person.waitFor((seen) => seen.some((one) => wordsOf(one).includes('wasn’t allowed to write here')), {
    in: group,
  });
});

test('of three requests of a person who blocks the bot only the first, which was begun, is paid, and it comes later', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const hold = app.bytez.hold();
  for (const animal of ['fox', 'hare', 'bear']) await answerTo(person, `/generate a ${animal}`);
  await until(() => runs(app).length === 1);
  person.block();
  await answerTo(app.person(8), '/help');
  hold.release();
  await until(() => app.events.filter(({ event }) => event === 'job.undeliverable').length === 3);
  expect(runs(app)).toHaveLength(1);
  expect(picturesOf(person)).toEqual([]);
  person.unblock();
  await pictures(person);
  await until(() => withCancelButton(person).length === 0);
  expect(fromBot(person.messages(), (one) => wordsOf(one).includes('wasn’t allowed to write here'))).toHaveLength(2);
  expect(runs(app)).toHaveLength(1);
});

function withCancelButton(person: Person, group?: Group) {
  return fromBot(person.messages(group), ({ buttons }) =>
    buttons.some((row) => row.some(({ data }) => data?.startsWith('cancel:') === true)),
  );
}

test.each([
  'Bad Request: not enough rights to send photos to the chat',
  'Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN',
  'Bad Request: CHAT_SEND_MEDIA_FORBIDDEN',
])('a group without pictures (%s) says so in the status message, and before the next request is paid', async (says) => {
  await using app = await openTestApp({ env: onePicture });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = app.person(7);
  app.telegram.addFault({ chatId: -100, method: /Media|Photo|Document/, do: refuse(says) });
  const statusMessage = await answerTo(person, '/generate a fox', { in: group });
  await reads(person, statusMessage.id, 'aren’t allowed in this chat', group);
  expect(withCancelButton(person, group)).toEqual([]);
  expect(fromBot(person.messages(group))).toHaveLength(1);
  expect(wordsOf(await answerTo(person, '/generate a hare', { in: group }))).toContain('aren’t allowed in this chat');
  expect(runs(app)).toHaveLength(1);
  // Neither counted: there is one in private.
  person.say('/generate a bear');
  expect(await pictures(person)).toHaveLength(1);
});

test.each(["Bad Request: message can't be edited", 'Bad Request: MESSAGE_EDIT_TIME_EXPIRED', 'Bad Request: NO_REASON'])(
  'a status message that cannot become the picture (%s) is gone when the picture is there',
  async (says) => {
    await using app = await openTestApp();
    const person = app.person(7);
    app.telegram.addFault({ method: 'editMessageMedia', do: refuse(says) });
    person.say('/generate a fox');
    const [picture] = await pictures(person);
    await app.event('job.delivered');
    expect(fromBot(person.messages()).map(({ id }) => id)).toEqual([picture?.id]);
  },
);

test('a status message that can be neither edited nor deleted at first loses its buttons', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  app.telegram.addFault({ method: 'editMessageMedia', do: refuse("Bad Request: message can't be edited") });
  app.telegram.addFault({ method: 'deleteMessage', do: refuse("Bad Request: message can't be deleted") });
  person.say('/generate a fox');
  await pictures(person);
  await app.event('job.delivered');
  expect(withCancelButton(person)).toEqual([]);
  expect(fromBot(person.messages())).toHaveLength(2);
});

test('what is asked for in the direct messages of a channel is answered in that conversation, the result too', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -1_000_000_000_100, title: 'A channel’s messages' });
  const person = app.person(7);
  await answerTo(person, '/help', { in: group });
  app.telegram.addFault({ method: /^edit/, do: refuse("Bad Request: message can't be edited") });
  app.telegram.sendUpdate({
    message: {
      message_id: 1,
      date: Math.floor(Date.now() / 1_000),
      chat: { id: group.id, type: 'supergroup', title: 'A channel’s messages', is_direct_messages: true },
      from: { id: 7, is_bot: false, first_name: 'Person 7' },
      direct_messages_topic: { topic_id: 55 },
      text: '/generate a fox',
      entities: [{ type: 'bot_command', offset: 0, length: 9 }],
    },
  });
  await app.event('job.delivered');
  const sent = app.telegram.calls.filter(({ method }) => /^send(?:Message|Photo)/.test(method)).slice(1);
  expect(sent.map(({ method, params }) => [method, Number(params['direct_messages_topic_id'])])).toEqual([
    ['sendMessage', 55],
    ['sendPhoto', 55],
  ]);
});
