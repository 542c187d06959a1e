import { expect, test } from 'vitest';
import type { Person, SayOptions } from '../../sandbox/telegram/people/person.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { adminId, fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, press, troubles, until } from './talk.ts';

/** Says it so often at once. */
function insist(person: Person, words: string, times: number, options: SayOptions = {}): void {
  for (let time = 0; time < times; time += 1) person.say(words, options);
}

/** Resolves when the bot has taken, and turned away, whatever was said until now. */
async function heardAll(app: TestApp): Promise<void> {
  await answerTo(app.person(700), '/help');
}

const shownTo = (app: TestApp, chatId: number) =>
  app.telegram.calls.filter(({ params }) => Number(params['chat_id']) === chatId).map(({ method }) => method);

test('a person who asks far too fast is answered as much as is good, told once, and served again a minute later', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  insist(person, '/premium', 40);
  await until(() => fromBot(person.messages()).length === 21);
  const answers = fromBot(person.messages()).map(wordsOf);
  expect(answers.filter((words) => words.startsWith('🐢 A little slower, please.'))).toHaveLength(1);
  await clock.advance(60_000);
  expect(wordsOf(await answerTo(person, '/help'))).toContain('/generate');
  expect(troubles(app)).toEqual([]);
});

test('a person who does not stop is muted and costs no call of Telegram, and others are answered meanwhile', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const example = await answerTo(person, '/generate');
  insist(person, '/premium', 80);
  await until(() => fromBot(person.messages()).length === 21);
  insist(person, '/help', 50);
  const button = person.press(example.id, '🦊 An example picture');
  await heardAll(app);
  expect(shownTo(app, person.id)).toHaveLength(21);
  expect(callsOf(app, 'answerCallbackQuery')).toEqual([]);
  expect(app.events.filter(({ event }) => event === 'job.accepted')).toEqual([]);
  button.answered.catch(() => undefined);
  await clock.advance(600_000);
  expect(wordsOf(await answerTo(person, '/help'))).toContain('/generate');
});

test('a person who presses a button again and again hears over the chat that it is too much', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = app.person(7, 'es');
  const status = await answerTo(person, '/language');
  insist(person, '/premium', 19);
  await until(() => fromBot(person.messages()).length === 20);
  expect(await press(person, status.id, '✓ Español')).toBe('Un momento, por favor: eso ha sido un poco rápido.');
  expect(fromBot(person.messages())).toHaveLength(20);
});

test('a group is answered as much as Telegram takes, and told once that it was too much', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const first = app.person(10);
  const people = [first, ...Array.from({ length: 9 }, (_, index) => app.person(11 + index))];
  for (const person of people) insist(person, '/language', 6, { in: group });
  for (const person of people) insist(person, 'what a day', 30, { in: group });
  await until(() => fromBot(first.messages(group)).length === 13);
  await heardAll(app);
  const answers = fromBot(first.messages(group)).map(wordsOf);
  expect(answers.filter((words) => words.startsWith('🐢'))).toHaveLength(1);
  expect(answers).toHaveLength(13);
  expect(wordsOf(await answerTo(first, '/help'))).toContain('/generate');
});

test('people who talk to other bots in a group are never told to be slower', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const person = app.person(7);
  insist(person, '/play@other_bot', 100, { in: group });
  insist(person, '/roll', 100, { in: group });
  await answerTo(person, '/help@darkroom_sandbox_bot', { in: group });
  expect(fromBot(person.messages(group))).toHaveLength(1);
});

test('an admin is never told to be slower', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const admin = app.person(adminId);
  insist(admin, '/premium', 25);
  await until(() => fromBot(admin.messages()).length === 25);
  expect(
    fromBot(admin.messages())
      .map(wordsOf)
      .filter((words) => words.startsWith('🐢')),
  ).toEqual([]);
});
