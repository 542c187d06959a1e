import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, pictures, picturesOf, reads, runs, until, whileTimePasses } from './talk.ts';

/** A person whose picture is being made, and is finished by `release`. */
async function inTheMaking(app: TestApp, person: Person, words = '/generate a fox') {
  const hold = app.bytez.hold();
  const statusMessage = await answerTo(person, words);
  await until(() => runs(app).length > 0);
  return { statusMessage, release: () => hold.release() };
}

const refuse = (says: string, code = 400) => ({ kind: 'refuse', code, says }) as const;
const callsTo = (app: TestApp, chatId: number) =>
  app.telegram.calls.filter(({ params }) => Number(params['chat_id']) === chatId);

test('a person who blocked the bot is written to no more, also after a restart, until they come back', async () => {
  await using app = await openTestApp({ accounts: [[], []], env: { FREE_RUNNING: '2' } });
  const person = app.person(7);
  const { release } = await inTheMaking(app, person);
  person.say('/generate a hare');
  await until(() => runs(app).length === 2);
  person.block();
  release();
  const undeliverable = () => app.events.filter(({ event }) => event === 'job.undeliverable');
  await until(() => undeliverable().length === 2);
  expect(callsTo(app, person.id).filter(({ error }) => error?.code === 403).length).toBeLessThanOrEqual(2);
  const calls = callsTo(app, person.id).length;
  await app.restart();
  await answerTo(app.person(8), '/help');
  expect(callsTo(app, person.id)).toHaveLength(calls);
  expect(readdirSync(join(app.dataDir, 'results'))).toHaveLength(2);
  person.unblock();
  expect(await pictures(person, 2)).toHaveLength(2);
  person.say('/generate a bear');
  expect(await pictures(person, 3)).toHaveLength(3);
  expect(runs(app)).toHaveLength(3);
});

test('a bot that was shown out of a group writes there again when it is back', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = app.person(7);
  await answerTo(person, '/help', { in: group });
  const membership = (status: string) => ({
    my_chat_member: {
      chat: { id: -100, type: 'group', title: 'Painters' },
      from: { id: 7, is_bot: false, first_name: 'Person 7' },
      date: 1,
      old_chat_member: { user: { id: 1, is_bot: true, first_name: 'Darkroom' }, status: 'member' },
      new_chat_member: { user: { id: 1, is_bot: true, first_name: 'Darkroom' }, status, until_date: 0 },
    },
  });
  const hold = app.bytez.hold();
  person.say('/generate a fox', { in: group });
  await until(() => runs(app).length === 1);
  app.telegram.sendUpdate(membership('kicked'));
  await answerTo(person, '/help');
  hold.release();
  expect((await app.event('job.undeliverable')).why).toContain('closed');
  expect(callsOf(app, 'editMessageMedia')).toEqual([]);
  app.telegram.sendUpdate(membership('member'));
  expect(await pictures(person, 1, group)).toHaveLength(1);
  person.say('/generate a hare', { in: group });
  expect(await pictures(person, 2, group)).toHaveLength(2);
});

test('a group that became a supergroup gets its pictures under its new id', async () => {
  await using app = await openTestApp({ accounts: [[], []], env: { FREE_RUNNING: '2' } });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = app.person(7);
  const hold = app.bytez.hold();
  person.say('/generate a fox', { in: group });
  person.say('/generate a hare', { in: group });
  await until(() => runs(app).length === 2);
  const supergroup = group.upgrade(-1_000_000_000_100);
  hold.release();
  await until(() => picturesOf(person, supergroup).length === 2);
  expect(app.events.filter(({ event }) => event === 'job.undeliverable')).toEqual([]);
  expect(callsTo(app, -100).filter(({ method }) => method === 'editMessageMedia')).toHaveLength(1);
});

test('a group that became a supergroup keeps what others were told there, though its messages have the old numbers', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = app.person(7);
  const hold = app.bytez.hold();
  const statusMessage = await answerTo(person, '/generate a fox', { in: group });
  await until(() => runs(app).length === 1);
  const supergroup = group.upgrade(-1_000_000_000_100);
  const help = await answerTo(app.person(8), '/help', { in: supergroup });
  expect(help.id).toBe(statusMessage.id);
  hold.release();
  const [picture] = await pictures(person, 1, supergroup);
  expect(picture?.id).not.toBe(help.id);
  expect(picture?.replyTo).toBeUndefined();
  expect(person.messages(supergroup).find(({ id }) => id === help.id)).toEqual(help);
});

test('a picture whose topic was deleted comes in the group itself', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -1_000_000_000_100, title: 'Painters', isForum: true });
  const threadId = group.addTopic('foxes');
  const person = app.person(7);
  const hold = app.bytez.hold();
  const statusMessage = await answerTo(person, '/generate a fox', { in: group, threadId });
  await until(() => runs(app).length === 1);
  person.deleteMessage(statusMessage.id, { in: group });
  app.telegram.addFault({ method: 'sendPhoto', times: 1, do: refuse('Bad Request: message thread not found') });
  hold.release();
  const [picture] = await pictures(person, 1, group);
  expect(picture?.threadId).toBeUndefined();
  expect(callsOf(app, 'sendPhoto')).toHaveLength(2);
});

test.each([
  'Bad Request: PHOTO_INVALID_DIMENSIONS',
  'Bad Request: IMAGE_PROCESS_FAILED',
  'Bad Request: wrong file identifier/HTTP URL specified',
])(
  'a picture that Telegram does not take as one (%s) comes as a document, in place of the status message',
  async (says) => {
    const clock = fakeClock();
    await using app = await openTestApp({ clock });
    const person = app.person(7);
    app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: refuse(says) });
    person.say('/generate a fox');
    const seen = await whileTimePasses(
      clock,
      person.waitFor((all) => all.some(({ document }) => document !== undefined)),
    );
    expect(fromBot(seen)).toMatchObject([{ edited: true, document: { mime: 'image/png' } }]);
    await app.event('job.delivered');
  },
);

test('a picture that Telegram takes in no form ends in words, not in silence', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, env: { FREE_IMAGES_PER_DAY: '1' } });
  const person = app.person(7);
  app.telegram.addFault({ method: 'editMessageMedia', times: 2, do: refuse('Bad Request: IMAGE_PROCESS_FAILED') });
  const { statusMessage, release } = await inTheMaking(app, person);
  release();
  await whileTimePasses(clock, reads(person, statusMessage.id, 'got lost on the way'));
  expect(await app.event('job.notified')).toMatchObject({ code: 'result-unavailable' });
  // It did not count: there is another picture today.
  await vi.waitFor(async () => expect((await app.app.stats()).undelivered).toBe(0), { timeout: 60_000 });
  person.say('/generate another fox');
  await whileTimePasses(clock, app.event('job.delivered'));
});

test('a picture that is too large even for a document is answered with an explanation', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  app.telegram.addFault({ method: 'editMessageMedia', times: 1, do: refuse('Request Entity Too Large', 413) });
  const { statusMessage, release } = await inTheMaking(app, person);
  release();
  await whileTimePasses(clock, reads(person, statusMessage.id, 'came out too large for Telegram'));
  expect(callsOf(app, 'editMessageMedia')).toHaveLength(1);
});

test('a person reads plain words when Telegram cannot read the markup', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  app.telegram.addFault({ method: 'sendMessage', times: 1, do: refuse("Bad Request: can't parse entities: no end") });
  const help = await answerTo(person, '/help');
  expect(wordsOf(help)).toContain('/generate');
  expect(help.text).not.toMatch(/<\w/);
});

test('a person whose answer Telegram refuses for good is not answered three times', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  app.telegram.addFault({ method: 'sendMessage', times: 1, do: refuse('Forbidden: user is deactivated', 403) });
  person.say('/help');
  await until(() => callsOf(app, 'sendMessage').length === 1);
  expect(wordsOf(await answerTo(person, '/premium'))).toContain('remium');
  expect(app.events.filter(({ event }) => event === 'update.failed')).toEqual([]);
  expect(callsOf(app, 'sendMessage')).toHaveLength(2);
});
