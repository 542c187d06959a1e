import { expect, test } from 'vitest';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import type { Person, SayOptions } from '../../sandbox/telegram/people/person.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { adminId, fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { commandsIn, dealtWith, groupMessageOf, me } from './raw-updates.ts';
import { answerTo, callsOf, press, troubles, until, whileTimePasses } from './talk.ts';

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
  // The rest counts from the dates of the messages too, and those are the machine's.
  await clock.advance(720_000);
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

test('a group is answered as much as Telegram takes, and a few are told that it was too much', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const first = app.person(10);
  const people = [first, ...Array.from({ length: 9 }, (_, index) => app.person(11 + index))];
  for (const person of people) insist(person, '/language', 6, { in: group });
  for (const person of people) insist(person, 'what a day', 30, { in: group });
  const isNotice = (message: SeenMessage) => wordsOf(message).startsWith('🐢');
  // Each sees the own notice alone.
  const told = () => people.filter((person) => fromBot(person.messages(group)).some(isNotice));
  const answers = () => fromBot(first.messages(group)).filter((message) => !isNotice(message));
  await until(() => told().length === 3 && answers().length === 12);
  await heardAll(app);
  expect(told()).toHaveLength(3);
  expect(answers()).toHaveLength(12);
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

// Telegram takes twenty messages a minute in a group; test/bot/middleware/flood-limit.test.ts has more people.
test('people who wrote in a group while the bot was down are all answered after it', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const first = app.person(10);
  await dealtWith(first, group);
  const people = Array.from({ length: 18 }, (_, index) => 10 + index);
  for (const [index, id] of people.entries()) {
    const text = `/generate a fox for ${id}`;
    const message = {
      message_id: 6_000 + index,
      date: 1_790_000_000 + index * 2_400,
      text,
      entities: commandsIn(text),
    };
    app.telegram.sendUpdate({ message: groupMessageOf(group, id, message) });
  }
  await until(() => app.events.filter(({ event }) => event === 'job.accepted').length === 18);
  expect(app.events.filter((event) => event.event === 'update.ignored')).toEqual([]);
});

test('a member who presses somebody else’s button all the time costs the others nothing', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [ann, ben] = [app.person(7), app.person(8)];
  const others = Array.from({ length: 10 }, (_, index) => app.person(20 + index));
  const list = await answerTo(ann, `/status${me}`, { in: group });
  for (let time = 0; time < 20; time += 1)
    expect(await press(ben, list.id, '🌊 An example video', { in: group })).not.toBe('');
  for (const other of others) await answerTo(other, `/language${me}`, { in: group });
  expect(callsOf(app, 'sendMessage').filter(({ params }) => String(params['text']).startsWith('🐢'))).toEqual([]);
});

test('members who talk about a picture in replies to it take nothing from the group', async () => {
  await using app = await openTestApp();
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const ann = app.person(7);
  const list = await answerTo(ann, `/help${me}`, { in: group });
  for (let time = 0; time < 40; time += 1) app.person(100 + time).say('lovely!', { in: group, replyTo: list.id });
  for (let time = 0; time < 6; time += 1) {
    expect(wordsOf(await answerTo(app.person(200 + time), `/language${me}`, { in: group }))).toContain('🌍');
  }
});

test('everybody in a group whose request was dropped is told, in few messages', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const people = Array.from({ length: 30 }, (_, index) => app.person(20 + index));
  for (const one of people) one.say(`/language${me}`, { in: group });
  const dropped = () => app.events.filter((event) => event.event === 'update.ignored').length;
  await until(() => dropped() === 15);
  const notices = () =>
    callsOf(app, 'sendMessage').filter(({ params, ok }) => ok === true && String(params['text']).startsWith('🐢'));
  await until(() => notices().length === 3);
  await whileTimePasses(
    clock,
    until(() => notices().length === 4),
  );

  const together = String(notices()[3]?.params['text']);
  for (const { id } of people.slice(15)) expect(together).toContain(`<a href="tg://user?id=${id}">Person ${id}</a>`);
  expect(together).not.toContain('Person 34<');
  expect(notices().every(({ params }) => params['chat_id'] === group.id)).toBe(true);
});
