import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestHouse, type TestHouse, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, pictures, picturesOf, reads, runs, until, whileTimePasses } from './talk.ts';

/** A person whose picture is being made, and is finished by `release`. */
async function inTheMaking(house: TestHouse, person: Person, words = '/generate a fox') {
  const hold = house.bytez.hold();
  const receipt = await answerTo(person, words);
  await until(() => runs(house).length > 0);
  return { receipt, release: () => hold.release() };
}

const refuse = (says: string, code = 400) => ({ kind: 'refuse', code, says }) as const;
const callsTo = (house: TestHouse, chatId: number) =>
  house.telegram.calls.filter(({ params }) => Number(params['chat_id']) === chatId);

test('a person who blocked the bot is written to no more, also after a restart, until they come back', async () => {
  await using house = await openTestHouse({ accounts: [[], []], env: { FREE_RUNNING: '2' } });
  const person = house.person(7);
  const { release } = await inTheMaking(house, person);
  person.say('/generate a hare');
  await until(() => runs(house).length === 2);
  person.block();
  release();
  const undeliverable = () => house.events.filter(({ event }) => event === 'job.undeliverable');
  await until(() => undeliverable().length === 2);
  expect(callsTo(house, person.id).filter(({ error }) => error?.code === 403).length).toBeLessThanOrEqual(2);
  const calls = callsTo(house, person.id).length;
  await house.restart();
  await answerTo(house.person(8), '/help');
  expect(callsTo(house, person.id)).toHaveLength(calls);
  expect(readdirSync(join(house.dataDir, 'results'))).toHaveLength(2);
  person.unblock();
  person.say('/generate a bear');
  expect(await pictures(person)).toHaveLength(1);
});

test('a bot that was shown out of a group writes there again when it is back', async () => {
  await using house = await openTestHouse();
  const group = house.telegram.group({ id: -100, title: 'Painters' });
  const person = house.person(7);
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
  const hold = house.bytez.hold();
  person.say('/generate a fox', { in: group });
  await until(() => runs(house).length === 1);
  house.telegram.sendUpdate(membership('kicked'));
  await answerTo(person, '/help');
  hold.release();
  expect((await house.event('job.undeliverable')).why).toContain('closed');
  expect(callsOf(house, 'editMessageMedia')).toEqual([]);
  house.telegram.sendUpdate(membership('member'));
  person.say('/generate a hare', { in: group });
  expect(await pictures(person, 1, group)).toHaveLength(1);
});

test('a group that became a supergroup gets its pictures under its new id', async () => {
  await using house = await openTestHouse({ accounts: [[], []], env: { FREE_RUNNING: '2' } });
  const group = house.telegram.group({ id: -100, title: 'Painters' });
  const person = house.person(7);
  const hold = house.bytez.hold();
  person.say('/generate a fox', { in: group });
  person.say('/generate a hare', { in: group });
  await until(() => runs(house).length === 2);
  const supergroup = group.upgrade(-1_000_000_000_100);
  hold.release();
  await until(() => picturesOf(person, supergroup).length === 2);
  expect(house.events.filter(({ event }) => event === 'job.undeliverable')).toEqual([]);
  expect(callsTo(house, -100).filter(({ method }) => method === 'editMessageMedia')).toHaveLength(1);
});

test('a group that became a supergroup keeps what others were told there, though its messages have the old numbers', async () => {
  await using house = await openTestHouse();
  const group = house.telegram.group({ id: -100, title: 'Painters' });
  const person = house.person(7);
  const hold = house.bytez.hold();
  const receipt = await answerTo(person, '/generate a fox', { in: group });
  await until(() => runs(house).length === 1);
  const supergroup = group.upgrade(-1_000_000_000_100);
  const help = await answerTo(house.person(8), '/help', { in: supergroup });
  expect(help.id).toBe(receipt.id);
  hold.release();
  const [picture] = await pictures(person, 1, supergroup);
  expect(picture?.id).not.toBe(help.id);
  expect(picture?.replyTo).toBeUndefined();
  expect(person.messages(supergroup).find(({ id }) => id === help.id)).toEqual(help);
});

test('a picture whose topic was deleted comes in the group itself', async () => {
  await using house = await openTestHouse();
  const group = house.telegram.group({ id: -1_000_000_000_100, title: 'Painters', isForum: true });
  const threadId = group.addTopic('foxes');
  const person = house.person(7);
  const hold = house.bytez.hold();
  const receipt = await answerTo(person, '/generate a fox', { in: group, threadId });
  await until(() => runs(house).length === 1);
  person.deleteMessage(receipt.id, { in: group });
  house.telegram.addFault({ method: 'sendPhoto', times: 1, do: refuse('Bad Request: message thread not found') });
  hold.release();
  const [picture] = await pictures(person, 1, group);
  expect(picture?.threadId).toBeUndefined();
  expect(callsOf(house, 'sendPhoto')).toHaveLength(2);
});

test.each([
  'Bad Request: PHOTO_INVALID_DIMENSIONS',
  'Bad Request: IMAGE_PROCESS_FAILED',
  'Bad Request: wrong file identifier/HTTP URL specified',
])('a picture that Telegram does not take as one (%s) comes as a document, in place of the receipt', async (says) => {
  const clock = fakeClock();
  await using house = await openTestHouse({ clock });
  const person = house.person(7);
  house.telegram.addFault({ method: 'editMessageMedia', times: 1, do: refuse(says) });
  person.say('/generate a fox');
  const seen = await whileTimePasses(
    clock,
    person.waitFor((all) => all.some(({ document }) => document !== undefined)),
  );
  expect(fromBot(seen)).toMatchObject([{ edited: true, document: { mime: 'image/png' } }]);
  await house.event('job.delivered');
});

test('a picture that Telegram takes in no form ends in words, not in silence', async () => {
  const clock = fakeClock();
  await using house = await openTestHouse({ clock, env: { FREE_IMAGES_PER_DAY: '1' } });
  const person = house.person(7);
  house.telegram.addFault({ method: 'editMessageMedia', times: 2, do: refuse('Bad Request: IMAGE_PROCESS_FAILED') });
  const { receipt, release } = await inTheMaking(house, person);
  release();
  await whileTimePasses(clock, reads(person, receipt.id, 'got lost on the way'));
  expect(await house.event('job.told')).toMatchObject({ code: 'result-unavailable' });
  // It did not count: there is another picture today.
  await vi.waitFor(async () => expect((await house.house.stats()).undelivered).toBe(0), { timeout: 20_000 });
  person.say('/generate another fox');
  await whileTimePasses(clock, house.event('job.delivered'));
});

test('a picture that is too large even for a document is answered with an explanation', async () => {
  const clock = fakeClock();
  await using house = await openTestHouse({ clock });
  const person = house.person(7);
  house.telegram.addFault({ method: 'editMessageMedia', times: 1, do: refuse('Request Entity Too Large', 413) });
  const { receipt, release } = await inTheMaking(house, person);
  release();
  await whileTimePasses(clock, reads(person, receipt.id, 'came out too large for Telegram'));
  expect(callsOf(house, 'editMessageMedia')).toHaveLength(1);
});

test('a person reads plain words when Telegram cannot read the markup', async () => {
  await using house = await openTestHouse();
  const person = house.person(7);
  house.telegram.addFault({ method: 'sendMessage', times: 1, do: refuse("Bad Request: can't parse entities: no end") });
  const help = await answerTo(person, '/help');
  expect(wordsOf(help)).toContain('/generate');
  expect(help.text).not.toMatch(/<\w/);
});

test('a person whose answer Telegram refuses for good is not answered three times', async () => {
  await using house = await openTestHouse();
  const person = house.person(7);
  house.telegram.addFault({ method: 'sendMessage', times: 1, do: refuse('Forbidden: user is deactivated', 403) });
  person.say('/help');
  await until(() => callsOf(house, 'sendMessage').length === 1);
  expect(wordsOf(await answerTo(person, '/premium'))).toContain('remium');
  expect(house.events.filter(({ event }) => event === 'update.failed')).toEqual([]);
  expect(callsOf(house, 'sendMessage')).toHaveLength(2);
});
