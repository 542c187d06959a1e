import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, premiumId, wordsOf } from '../support/test-app.ts';
import {
  answerTo,
  callsOf,
  newMessage,
  pictures,
  press,
  reads,
  runs,
  troubles,
  until,
  whileTimePasses,
} from './talk.ts';

const cancelButton = '✖ Cancel';
/** One seat: the order of the calls is the order of the line. */
const oneAtATime = { BYTEZ_SEATS_MAX: '1' };

/** Asks while the provider lets everybody wait; returns the status message. */
async function ask(person: Person, words: string) {
  return answerTo(person, `/generate ${words}`);
}

test('two people who wait are told their places, and each gets a picture', async () => {
  await using app = await openTestApp({ env: oneAtATime });
  const hold = app.bytez.hold();
  const [ann, ben, cat] = [app.person(7), app.person(8), app.person(9)];
  await ask(ann, 'an apple');
  await until(() => runs(app).length === 1);
  expect(wordsOf(await ask(ben, 'a banana'))).toMatch(/You’re next\..*as soon as one of the requests being made/s);
  expect(wordsOf(await ask(cat, 'a cherry'))).toContain('You’re in line: 1 request ahead.');
  hold.release();
  await Promise.all([ann, ben, cat].map((person) => pictures(person)));
  expect(runs(app).map(({ prompt }) => prompt)).toEqual(['an apple', 'a banana', 'a cherry']);
  expect([ann, ben, cat].map((person) => fromBot(person.messages()).length)).toEqual([1, 1, 1]);
});

test('whose own request is being made hears that the next one waits for it', async () => {
  await using app = await openTestApp({ env: { FREE_RUNNING: '1' } });
  const hold = app.bytez.hold();
  const person = app.person(7);
  await ask(person, 'an apple');
  await until(() => runs(app).length === 1);
  expect(wordsOf(await ask(person, 'a banana'))).toContain('Your earlier request comes first.');
  expect(wordsOf(await answerTo(person, '/status'))).toMatch(/waits for your earlier request.*being made/s);
  hold.release();
  await pictures(person, 2);
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
  expect(wordsOf(refused)).toMatch(
    /used your 1 picture for today\..*00:00 \(UTC\), in about 3 hours \(00:00 UTC\)\..*\/premium/s,
  );
  await clock.advance(3 * 3_600_000);
  await ask(person, 'three');
  expect(await pictures(person, 2)).toHaveLength(2);
});

test('the status message follows a stumbling request to its end, by edits within Telegram’s limits, and no edit follows the picture', async () => {
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

test('the status message says that the picture is being made, and refreshing it starts no flood of edits', async () => {
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
