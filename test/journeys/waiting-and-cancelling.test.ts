import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, premiumId, type TestApp, wordsOf } from '../support/test-app.ts';
import {
  answerTo,
  callsOf,
  newMessage,
  pictures,
  picturesOf,
  press,
  reads,
  runs,
  troubles,
  until,
  whileTimePasses,
} from './talk.ts';

const cancelButton = '✖ Cancel';
/** Nobody tries whether the account carries two calls: the order of the calls is the order of the line. */
const oneAtATime = { BYTEZ_SEATS_MAX: '1' };

/** Asks while the provider keeps everybody waiting; answers the receipt. */
async function ask(person: Person, words: string) {
  return answerTo(person, `/generate ${words}`);
}

/** A press with data that no button of ours ever had; answers what the bot says to it. */
async function forgedPress(app: TestApp, person: Person, data: string | undefined, messageId = 1): Promise<string> {
  const before = callsOf(app, 'answerCallbackQuery').length;
  app.telegram.sendUpdate({
    callback_query: {
      id: `forged-${before}`,
      from: { id: person.id, is_bot: false, first_name: 'Forger', language_code: 'en' },
      chat_instance: '1',
      message: {
        message_id: messageId,
        date: 1,
        chat: { id: person.id, type: 'private', first_name: 'Forger' },
        text: 'a message of the bot',
      },
      ...(data === undefined ? {} : { data }),
    },
  });
  await until(() => callsOf(app, 'answerCallbackQuery').length > before);
  return String(callsOf(app, 'answerCallbackQuery').at(-1)?.params['text']);
}

test('two people who wait are told their places, and each gets a picture', async () => {
  await using app = await openTestApp({ env: oneAtATime });
  const hold = app.bytez.hold();
  const [ann, ben, cat] = [app.person(7), app.person(8), app.person(9)];
  await ask(ann, 'an apple');
  await until(() => runs(app).length === 1);
  expect(wordsOf(await ask(ben, 'a banana'))).toContain('You’re next.');
  expect(wordsOf(await ask(cat, 'a cherry'))).toContain('You’re in line: 1 request ahead.');
  hold.release();
  await Promise.all([ann, ben, cat].map((person) => pictures(person)));
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['an apple', 'a banana', 'a cherry']);
  expect([ann, ben, cat].map((person) => fromBot(person.messages()).length)).toEqual([1, 1, 1]);
});

test('a premium person overtakes a line of others, but not the one who is being served', async () => {
  await using app = await openTestApp({ env: oneAtATime });
  const hold = app.bytez.hold();
  const people = [11, 12, 13].map((id) => app.person(id));
  const vip = app.person(premiumId);
  for (const person of people) await ask(person, `free ${person.id}`);
  await until(() => runs(app).length === 1);
  expect(wordsOf(await ask(vip, 'premium'))).toContain('You’re next.');
  hold.release();
  await Promise.all([...people, vip].map((person) => pictures(person)));
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['free 11', 'premium', 'free 12', 'free 13']);
});

test('one person’s many requests do not keep another person waiting', async () => {
  await using app = await openTestApp({ env: oneAtATime });
  const hold = app.bytez.hold();
  const [busy, other] = [app.person(7), app.person(8)];
  for (const words of ['one', 'two', 'three']) await ask(busy, words);
  await until(() => runs(app).length === 1);
  await ask(other, 'mine');
  hold.release();
  await Promise.all([pictures(busy, 3), pictures(other)]);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['one', 'mine', 'two', 'three']);
});

test.each(['button', '/cancel'])('a person cancels a request that waits, by %s', async (by) => {
  await using app = await openTestApp({ env: oneAtATime });
  const hold = app.bytez.hold();
  const [first, person] = [app.person(7), app.person(8)];
  await ask(first, 'the first');
  await until(() => runs(app).length === 1);
  const statusMessage = await ask(person, 'the second');
  if (by === 'button') expect(await press(person, statusMessage.id, cancelButton)).toBe('Cancelled.');
  else expect(wordsOf(await answerTo(person, '/cancel'))).toBe('✋ Cancelled.');
  await reads(person, statusMessage.id, 'Cancelled. This picture won’t be made.');
  hold.release();
  await pictures(first);
  await answerTo(person, '/help');
  expect(runs(app)).toHaveLength(1);
  expect(picturesOf(person)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test.each(['button', '/cancel'])(
  'a person cancels by %s what is being made: the call stops, the day’s credit is back',
  async (by) => {
    await using app = await openTestApp({ env: { FREE_IMAGES_PER_DAY: '1' } });
    const hold = app.bytez.hold();
    const person = app.person(7);
    const statusMessage = await ask(person, 'a fox');
    await until(() => runs(app).length === 1);
    if (by === 'button') expect(await press(person, statusMessage.id, cancelButton)).toBe('Cancelled.');
    else expect(wordsOf(await answerTo(person, '/cancel'))).toBe('✋ Cancelled; I’m stopping it now.');
    await until(() => runs(app)[0]?.aborted === true);
    await reads(person, statusMessage.id, /Cancelled\. This picture won’t be made\.\nThis doesn’t count/);
    hold.release();
    await ask(person, 'a hare');
    const [picture, ...others] = await pictures(person);
    expect(others).toEqual([]);
    expect(wordsOf(picture)).toContain('a hare');
    const end = await answerTo(person, '/generate a wolf');
    expect(wordsOf(end)).toContain('You’ve used your 1 picture for today.');
    expect(app.events.filter(({ event }) => event === 'job.cancelled')).toHaveLength(1);
  },
);

test('a person who asks again with the button of a cancelled request gets the picture', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const person = app.person(7);
  const statusMessage = await ask(person, 'a fox');
  await press(person, statusMessage.id, cancelButton);
  await reads(person, statusMessage.id, 'Cancelled.');
  hold.release();
  expect(await press(person, statusMessage.id, '🔁 Try again')).toBe('On it!');
  const [picture] = await pictures(person);
  expect(picture?.id).not.toBe(statusMessage.id);
  expect(wordsOf(picture)).toContain('a fox');
});

test('a person who cancels what is already there hears so', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const hold = app.bytez.hold();
  const statusMessage = await ask(person, 'a fox');
  const data = statusMessage.buttons.flat().find(({ text }) => text === cancelButton)?.data;
  hold.release();
  await pictures(person);
  await app.event('job.delivered');
  expect(await forgedPress(app, person, data, statusMessage.id)).toBe('Too late to cancel: it’s already finished.');
  expect(wordsOf(await answerTo(person, '/cancel'))).toContain('There’s nothing to cancel.');
  expect(picturesOf(person)).toHaveLength(1);
});

test('a person who presses cancel twice is answered twice and cancels once', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const person = app.person(7);
  const statusMessage = await ask(person, 'a fox');
  await until(() => runs(app).length === 1);
  const presses = [person.press(statusMessage.id, cancelButton), person.press(statusMessage.id, cancelButton)];
  const answers = await Promise.all(presses.map(({ answered }) => answered));
  expect(answers).toMatchObject([{ text: 'Cancelled.' }, { text: 'Too late to cancel: it’s already finished.' }]);
  hold.release();
  expect(app.events.filter(({ event }) => event === 'job.cancelled')).toHaveLength(1);
  await reads(person, statusMessage.id, 'Cancelled.');
  expect(troubles(app)).toEqual([]);
});

test('a person in a group cannot cancel or refresh somebody else’s request', async () => {
  await using app = await openTestApp({ env: oneAtATime });
  const hold = app.bytez.hold();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [first, owner, other] = [app.person(6), app.person(7), app.person(8)];
  await ask(first, 'before them');
  await until(() => runs(app).length === 1);
  const statusMessage = await answerTo(owner, '/generate a fox', { in: group });
  for (const button of [cancelButton, '🔄 Refresh']) {
    expect(await press(other, statusMessage.id, button, { in: group })).toBe(
      'This button belongs to someone else’s request.',
    );
  }
  const status = await answerTo(owner, '/status', { in: group });
  expect(await press(other, status.id, '🔄 Refresh', { in: group })).toContain('someone else’s');
  expect(wordsOf(other.messages(group).find(({ id }) => id === status.id))).toContain('a fox');
  hold.release();
  expect(await pictures(owner, 1, group)).toMatchObject([{ id: statusMessage.id }]);
});

test('forged buttons are answered and change nothing', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const [owner, forger] = [app.person(7), app.person(8)];
  await ask(owner, 'a fox');
  await until(() => runs(app).length === 1);
  const { jobId } = await app.event('job.accepted');
  const gone = 'This button is no longer in use.';
  const answers: Record<string, string> = {
    '': gone,
    x: gone,
    ':': gone,
    'cancel:': gone,
    'cancel:nope': gone,
    'again:nope': gone,
    'status:nope': gone,
    '__proto__:1': gone,
    'constructor:1': gone,
    'example:__proto__': gone,
    'language:xx': gone,
    'language:__proto__': gone,
    'keys:wake': gone,
    'keys:test': gone,
    [`cancel:${'x'.repeat(80)}`]: gone,
    [`cancel:${jobId}`]: 'This button belongs to someone else’s request.',
    [`again:${jobId}`]: 'This button belongs to someone else’s request.',
    [`status:${jobId}`]: 'This button belongs to someone else’s request.',
  };
  const heard: Record<string, string> = {};
  for (const data of Object.keys(answers)) heard[data] = await forgedPress(app, forger, data);
  expect(heard).toEqual(answers);
  expect(await forgedPress(app, forger, undefined)).toBe(gone);
  hold.release();
  await pictures(owner);
  expect(forger.messages()).toEqual([]);
  expect(runs(app)).toHaveLength(1);
  expect(troubles(app)).toEqual([]);
});

test('a person with several requests chooses which one to cancel', async () => {
  await using app = await openTestApp();
  const hold = app.bytez.hold();
  const person = app.person(7);
  await ask(person, 'an apple');
  await until(() => runs(app).length === 1);
  await ask(person, 'a banana');
  const cherry = await ask(person, 'a cherry');
  const list = await answerTo(person, '/cancel');
  expect(list.buttons.flat().map(({ text }) => text)).toEqual(['✖ Cancel 1', '✖ Cancel 2', '✖ Cancel 3', '🔄 Refresh']);
  expect(wordsOf(list)).toMatch(/1\. .*\na cherry\n2\. .*\na banana\n3\. .*being made\nan apple/);
  expect(await press(person, list.id, '✖ Cancel 1')).toBe('Cancelled.');
  await reads(person, cherry.id, 'Cancelled.');
  await person.waitFor((seen) => seen.find(({ id }) => id === list.id)?.edited === true);
  hold.release();
  await pictures(person, 2);
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['an apple', 'a banana']);
});

test('a person with as many requests as there is room for is told so, and finds them behind a button', async () => {
  await using app = await openTestApp({ env: { FREE_WAITING: '2' } });
  const hold = app.bytez.hold();
  const person = app.person(7);
  await ask(person, 'one');
  await ask(person, 'two');
  const refused = await ask(person, 'three');
  expect(wordsOf(refused)).toMatch(/You already have 2 requests in line,.*\/premium/s);
  expect(await press(person, refused.id, '📋 My requests')).toBe('Up to date.');
  await reads(person, refused.id, 'Your requests');
  hold.release();
  await pictures(person, 2);
  expect(runs(app)).toHaveLength(2);
});

test('a person who has used up the day hears when a new one begins', async () => {
  const clock = fakeClock(Date.UTC(2026, 0, 1, 21));
  await using app = await openTestApp({ env: { FREE_IMAGES_PER_DAY: '1' }, clock });
  const person = app.person(7);
  await ask(person, 'one');
  await pictures(person);
  const refused = await answerTo(person, '/generate two');
  expect(wordsOf(refused)).toMatch(/used your 1 picture for today\..*00:00 UTC, in about 3 hours\..*\/premium/s);
  await clock.advance(3 * 3_600_000);
  await ask(person, 'three');
  expect(await pictures(person, 2)).toHaveLength(2);
});

test('the receipt follows a stumbling request to its end, by edits that Telegram bears, and no news follows the picture', async () => {
  const clock = fakeClock();
  const stumbling = [{ do: { kind: 'status', status: 500 }, when: { times: 2 } }] as const;
  await using app = await openTestApp({ clock, accounts: [stumbling], env: { RETRY_DELAY_S: '1.6' } });
  const person = app.person(8);
  const edits: { readonly atMs: number; readonly words: string }[] = [];
  using _watching = app.telegram.onChange((change) => {
    if (change.kind !== 'message-edited' || change.chatId !== person.id) return;
    const message = person.messages().find(({ id }) => id === change.messageId);
    const [headline = ''] = wordsOf(message).split('\n');
    edits.push({ atMs: clock.now(), words: message?.photo === undefined ? headline : 'the picture' });
  });
  person.say('/generate a fox');
  await whileTimePasses(clock, pictures(person), 25);
  await clock.advance(30_000);
  await answerTo(person, '/help');
  expect(edits.at(-1)?.words).toBe('the picture');
  const news = edits.slice(0, -1);
  expect(news.map(({ words }) => words)).toContain('🔁 The picture service failed for a moment.');
  expect(news.length).toBeGreaterThan(1);
  const gaps = news.slice(1).map(({ atMs }, index) => atMs - (news[index]?.atMs ?? 0));
  // The clock goes on while an edit is on its way.
  expect(gaps.filter((gap) => gap < 1_000)).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('the receipt says that the picture is being made, and refreshing it starts no flood of edits', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, env: oneAtATime });
  const hold = app.bytez.hold();
  const [first, person] = [app.person(7), app.person(8)];
  await ask(first, 'the first');
  await until(() => runs(app).length === 1);
  const statusMessage = await ask(person, 'the second');
  for (let times = 0; times < 5; times += 1) {
    expect(await press(person, statusMessage.id, '🔄 Refresh')).toBe('Up to date.');
  }
  await clock.advance(10_000);
  expect(callsOf(app, 'editMessageText').filter(({ params }) => params['chat_id'] === person.id)).toEqual([]);
  expect(await newMessage(person, new Set())).toMatchObject({ id: statusMessage.id, edited: false });
  const before = first.messages().find(({ from }) => from === 'bot');
  await press(first, before?.id ?? 0, cancelButton);
  await until(() => runs(app).length === 2);
  await whileTimePasses(clock, reads(person, statusMessage.id, 'Making your picture…'));
  hold.release();
  expect(await whileTimePasses(clock, pictures(person))).toMatchObject([{ id: statusMessage.id }]);
});
