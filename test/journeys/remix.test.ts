import { expect, test } from 'vitest';
import { startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import {
  answerTo,
  callsOf,
  count,
  newMessage,
  pictures,
  picturesOf,
  press,
  reads,
  runs,
  troubles,
  until,
} from './talk.ts';

const key = 'sk-canary-key-of-openai-0123456789';

function buttonsOf(person: Person, id: number): readonly string[] {
  return (person.messages().find((one) => one.id === id)?.buttons ?? []).flat().map(({ text }) => text);
}

/** A person with one picture and its keyboard open. */
async function aPicture(app: TestApp, person: Person, words = 'a red fox'): Promise<SeenMessage> {
  const [picture] = await made(app, person, () => person.say(`/generate ${words}`));
  if (picture === undefined) throw new Error('Cannot find the picture');
  return picture;
}

async function made(app: TestApp, person: Person, ask: () => unknown): Promise<readonly SeenMessage[]> {
  const before = new Set(picturesOf(person).map(({ id }) => id));
  const delivered = count(app, 'job.delivered');
  ask();
  await until(() => count(app, 'job.delivered') > delivered);
  return (await pictures(person, before.size + 1)).filter(({ id }) => !before.has(id));
}

async function open(person: Person, picture: SeenMessage, ...path: readonly string[]): Promise<void> {
  for (const button of path) {
    const before = buttonsOf(person, picture.id).join();
    expect(await press(person, picture.id, button)).toBe('');
    await until(() => buttonsOf(person, picture.id).join() !== before);
  }
}

test('under a picture stand the commonest buttons; More opens the rest, and Back closes it', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const picture = await aPicture(app, person);
  const first = ['🔁 Again', '🎲 Variations', '⋯ More'];
  expect(picture.buttons.flat().map(({ text }) => text)).toEqual(first);
  await open(person, picture, '⋯ More');
  expect(buttonsOf(person, picture.id)).toEqual(
    expect.arrayContaining([
      '🌱 Same seed',
      '📐 Shape',
      '🖌 Style',
      '🧩 Model',
      '📄 Original file',
      '📋 Copy words',
      '🗑 Delete',
    ]),
  );
  expect(
    person
      .messages()
      .find(({ id }) => id === picture.id)
      ?.buttons.flat()
      .find(({ copy }) => copy !== undefined)?.copy,
  ).toBe('a red fox');
  await open(person, picture, '↩ Back');
  expect(buttonsOf(person, picture.id)).toEqual(first);
  expect(troubles(app)).toEqual([]);
});

test('a seed is always chosen and shown: the same seed repeats the picture, and again makes another', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const picture = await aPicture(app, person);
  const shown = /seed (\d+)/.exec(wordsOf(picture))?.[1];
  expect(runs(app)[0]?.params).toMatchObject({ seed: Number(shown) });
  await app.restart();
  await open(person, picture, '⋯ More');
  const [same] = await made(app, person, () => person.press(picture.id, '🌱 Same seed'));
  expect(wordsOf(same)).toContain(`seed ${shown}`);
  const [other] = await made(app, person, () => person.press(same?.id ?? 0, '🔁 Again'));
  expect(/seed (\d+)/.exec(wordsOf(other))?.[1]).not.toBe(shown);
});

test.each([
  ['📐 Shape', '16:9', /a red fox/, { aspect: '16:9' }],
  ['🖌 Style', '💧 Watercolour', /💧 Watercolour/, { preset: 'watercolor' }],
] as const)('%s makes it anew in another one, after a restart too', async (menu, choice, words, _options) => {
  await using app = await openTestApp();
  const person = app.person(7);
  const picture = await aPicture(app, person);
  await open(person, picture, '⋯ More', menu);
  await app.restart();
  const [other] = await made(app, person, () => person.press(picture.id, choice));
  expect(wordsOf(other)).toMatch(words);
  expect(other?.id).not.toBe(picture.id);
  if (choice === '16:9') expect((other?.photo?.width ?? 0) / (other?.photo?.height ?? 1)).toBeGreaterThan(1.5);
  expect(runs(app)).toHaveLength(2);
});

test('animating makes a video of the same words', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const picture = await aPicture(app, person);
  await open(person, picture, '⋯ More');
  person.press(picture.id, '🎬 Animate');
  await person.waitFor((seen) => seen.some(({ video }) => video !== undefined));
  expect(wordsOf(person.messages().find(({ video }) => video !== undefined))).toContain('a red fox');
});

test('the original file comes as a document, whole; deleting takes the message and what was kept of it', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const picture = await aPicture(app, person);
  await open(person, picture, '⋯ More');
  const before = new Set(person.messages().map(({ id }) => id));
  expect(await press(person, picture.id, '📄 Original file')).toBe('Here it comes.');
  const file = await newMessage(person, before);
  expect(file.document?.mime).toBe('image/png');
  await open(person, picture, '🗑 Delete');
  expect(await press(person, picture.id, '🗑 Yes, delete it')).toBe('Deleted.');
  await until(() => !person.messages().some(({ id }) => id === picture.id));
  expect(app.events.filter(({ event }) => event === 'update.failed')).toEqual([]);
});

test('only its person presses, each button makes one request however often it is pressed', async () => {
  await using app = await openTestApp({ env: { FREE_WAITING: '9' } });
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const [owner, other] = [app.person(7), app.person(8)];
  await answerTo(owner, '/generate a fox', { in: group });
  const [picture] = await pictures(owner, 1, group);
  await app.event('job.delivered');
  for (const button of ['🔁 Again', '🎲 Variations', '⋯ More']) {
    expect(await press(other, picture?.id ?? 0, button, { in: group })).toContain('someone else’s');
  }
  const hold = app.bytez.hold();
  const id = picture?.id ?? 0;
  const shown = () =>
    owner
      .messages(group)
      .find((one) => one.id === id)
      ?.buttons.flat() ?? [];
  const opened = (button: string) => until(() => shown().some(({ text }) => text === button));
  await press(owner, id, '⋯ More', { in: group });
  await opened('🖌 Style');
  await press(owner, id, '🖌 Style', { in: group });
  await opened('🌸 Anime');
  const answers = await Promise.all(Array.from({ length: 3 }, () => press(owner, id, '🌸 Anime', { in: group })));
  expect(answers.filter((words) => words === 'On it!')).toHaveLength(1);
  expect(answers.filter((words) => words === 'Already on it.')).toHaveLength(2);
  hold.release();
  await pictures(owner, 2, group);
  expect(count(app, 'job.accepted')).toBe(2);
});

test('words in reply to a picture change it, also those in answer to the question of its button', async () => {
  await using opening = new AsyncDisposableStack();
  const openai = opening.use(await startOpenAiSandbox({ clock: systemClock, accounts: [{ name: 'account 1', key }] }));
  const app = opening.use(
    await openTestApp({
      env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: openai.baseUrl },
      mediaHosts: [openai.mediaHost],
    }),
  );
  const edits = () => openai.calls.filter(({ route }) => route === 'edits');
  const person = app.person(7);
  const picture = await aPicture(app, person);
  await made(app, person, () => person.say('make it winter', { replyTo: picture.id }));
  expect(edits()).toMatchObject([{ prompt: 'make it winter', inputs: 1 }]);
  await open(person, picture, '⋯ More');
  const before = new Set(person.messages().map(({ id }) => id));
  await press(person, picture.id, '✏️ Edit');
  const question = await newMessage(person, before);
  expect(wordsOf(question)).toContain('What shall I change?');
  await made(app, person, () => person.say('add a scarf', { replyTo: question.id }));
  expect(edits()).toMatchObject([{ prompt: 'make it winter' }, { prompt: 'add a scarf', inputs: 1 }]);
  expect(fromBot(person.messages()).length).toBeGreaterThan(3);
  expect(callsOf(app, 'getFile')).toEqual([]);
  await reads(person, question.id, 'What shall I change?');
});

test('variations come as an album with a row of buttons after it; each costs a credit, and shows alone on a press', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const picture = await aPicture(app, person);
  await open(person, picture, '🎲 Variations');
  expect(await press(person, picture.id, '🎲 ×3')).toBe('On it!');
  await until(() => callsOf(app, 'sendMediaGroup').length === 1);
  const [row] = await person
    .waitFor((seen) => seen.some(({ buttons }) => buttons[0]?.length === 3 && buttons[0]?.[0]?.text === '1'))
    .then((seen) => seen.filter(({ buttons }) => buttons[0]?.[0]?.text === '1'));
  expect(picturesOf(person)).toHaveLength(4);
  expect(new Set(runs(app).map(({ params }) => params?.['seed'])).size).toBe(4);
  expect(wordsOf(await answerTo(person, '/status'))).toMatch(/today: 4 of 20/i);
  await press(person, row?.id ?? 0, '2');
  const alone = (await pictures(person, 5)).at(-1);
  expect(alone?.buttons.flat().map(({ text }) => text)).toContain('⋯ More');
  expect(callsOf(app, 'sendMediaGroup')).toHaveLength(1);
  expect(troubles(app)).toEqual([]);
});
