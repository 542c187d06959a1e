import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, count, pictures, press, reads, runs, troubles, until, whileTimePasses } from './talk.ts';

/** One seat: the order of the calls is the order of the line. */
const oneAtATime = { BYTEZ_SEATS_MAX: '1' };

function reactionOn(person: Person, words: string): string | undefined {
  return person.messages().find(({ from, text }) => from === 'person' && text.includes(words))?.reaction;
}

function edits({ telegram }: TestApp, chatId: number): number {
  const made = telegram.calls.filter(({ method, ok }) => method.startsWith('editMessage') && ok === true);
  return made.filter(({ params }) => params['chat_id'] === chatId).length;
}

test('a person sees when it starts by their own clock, since when it is made, and what is left of today', async () => {
  const clock = fakeClock(Date.UTC(2026, 0, 1, 12));
  await using app = await openTestApp({ clock, env: { ...oneAtATime, FREE_RUNNING: '3' } });
  const [first, person] = [app.person(7), app.person(8)];
  await answerTo(first, '/generate a red fox');
  await pictures(first);
  // What a call takes is measured: the next ones take a minute each.
  const hold = app.bytez.hold();
  await answerTo(first, '/generate a grey hare');
  await until(() => runs(app).length === 2);
  await clock.advance(60_000);
  hold.release();
  await pictures(first, 2);
  const again = app.bytez.hold();
  await answerTo(first, '/generate an owl');
  await until(() => runs(app).length === 3);
  const status = await whileTimePasses(clock, answerTo(person, '/generate a bear'));
  expect(status.html).toMatch(
    /should start in about \d+ \w+ \(<tg-time unix="1767\d{6}" format="t">\d\d:\d\d (?:[AP]M )?UTC<\/tg-time>\)/,
  );
  expect(wordsOf(status)).toContain('Left today: 19 of 20');
  again.release();
  const last = app.bytez.hold();
  await whileTimePasses(clock, reads(person, status.id, 'Making your picture…'));
  const made = person.messages().find(({ id }) => id === status.id);
  expect(made?.html).toMatch(/Started: <tg-time unix="\d+" format="r">/);
  last.release();
  await whileTimePasses(clock, pictures(person));
  expect(troubles(app)).toEqual([]);
});

test('the message that asked carries a reaction: seen, done, failed, and none once it is cancelled', async () => {
  const refusals = [{ do: { kind: 'refused' as const }, prompt: 'a gun' }];
  await using app = await openTestApp({ accounts: [refusals] });
  const person = app.person(7);
  const hold = app.bytez.hold();
  await answerTo(person, '/generate a fox');
  await until(() => reactionOn(person, 'a fox') === '👀');
  hold.release();
  await pictures(person);
  await until(() => reactionOn(person, 'a fox') === '🎉');
  await answerTo(person, '/generate a gun');
  await until(() => reactionOn(person, 'a gun') === '💔');
  const again = app.bytez.hold();
  const status = await answerTo(person, '/generate a hare');
  await until(() => reactionOn(person, 'a hare') === '👀');
  await press(person, status.id, '✖ Cancel');
  await until(() => reactionOn(person, 'a hare') === undefined);
  again.release();
  // A press has no message of the person to react to.
  const [picture] = await pictures(person);
  const before = callsOf(app, 'setMessageReaction').length;
  await press(person, picture?.id ?? 0, '🔁 Again');
  await pictures(person, 2);
  await answerTo(person, '/help');
  expect(callsOf(app, 'setMessageReaction')).toHaveLength(before);
  expect(troubles(app)).toEqual([]);
});

test('a chat that takes no reactions, or nothing but messages, gets its picture all the same', async () => {
  await using app = await openTestApp();
  app.telegram.addFault({
    method: 'setMessageReaction',
    do: { kind: 'refuse', code: 400, says: 'Bad Request: REACTION_INVALID' },
  });
  const person = app.person(7);
  for (const count of [1, 2]) {
    person.say('/generate a fox');
    await pictures(person, count);
  }
  await answerTo(person, '/help');
  // Refused once, it is not tried again there.
  expect(callsOf(app, 'setMessageReaction')).toHaveLength(1);
  expect(troubles(app)).toEqual([]);
});

test('the chat shows an action only while a picture is really being made, and never in a group', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, env: { ...oneAtATime, FREE_RUNNING: '3' } });
  const [first, waiting] = [app.person(7), app.person(8)];
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const hold = app.bytez.hold();
  await answerTo(first, '/generate a fox');
  await until(() => runs(app).length === 1);
  await answerTo(waiting, '/generate a hare');
  await answerTo(first, '/generate an owl', { in: group });
  const actions = () => callsOf(app, 'sendChatAction').map(({ params }) => [params['chat_id'], params['action']]);
  for (let step = 0; step < 20; step += 1) {
    await clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(actions().length).toBeGreaterThanOrEqual(3);
  expect(actions().length).toBeLessThanOrEqual(6);
  expect(new Set(actions().map(String))).toEqual(new Set(['7,upload_photo']));
  hold.release();
  await whileTimePasses(clock, pictures(waiting));
  await whileTimePasses(clock, pictures(first, 1, group));
  const before = actions().length;
  await clock.advance(30_000);
  expect(actions()).toHaveLength(before);
  expect(actions().filter(([chat]) => chat === -100)).toEqual([]);
});

test('however a line moves, a request is shown with eight edits at most', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock, env: { ...oneAtATime, FREE_WAITING: '40' } });
  const hold = app.bytez.hold();
  const people = Array.from({ length: 9 }, (_, index) => app.person(100 + index));
  for (const person of people) await answerTo(person, `/generate for ${person.id}`);
  hold.release();
  await Promise.all(people.map((person) => whileTimePasses(clock, pictures(person), 500)));
  await clock.advance(5_000);
  expect(Math.max(...people.map(({ id }) => edits(app, id)))).toBeLessThanOrEqual(8);
  expect(people.map((person) => fromBot(person.messages(), ({ photo }) => photo !== undefined).length)).toEqual(
    people.map(() => 1),
  );
  expect(count(app, 'job.delivered')).toBe(9);
});

test('/status says what is used of today and when a new day begins, in the day that the operator chose', async () => {
  const clock = fakeClock(Date.UTC(2026, 0, 1, 21));
  await using app = await openTestApp({ clock, env: { QUOTA_TIMEZONE: 'Asia/Tokyo', FREE_IMAGES_PER_DAY: '2' } });
  const person = app.person(7);
  expect(wordsOf(await answerTo(person, '/status'))).not.toContain('new day');
  await answerTo(person, '/generate a fox');
  await pictures(person);
  const status = await answerTo(person, '/status');
  expect(wordsOf(status)).toMatch(/today: 1 of 2/i);
  // Midnight in Tokyo is at 15:00 UTC; the reader's client shows it in the reader's own zone.
  expect(status.html).toMatch(/00:00 \(Asia\/Tokyo\), in about 18 hours \(<tg-time unix="1767366000" format="t">/);
});
