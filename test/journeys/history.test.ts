import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import type { SeenMessage } from '../../sandbox/telegram/messages/seen-message.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import {
  answerTo,
  callsOf,
  count,
  newMessage,
  picturesOf,
  press,
  reads,
  runs,
  troubles,
  until,
  untilIdle,
} from './talk.ts';
import { groupMessageOf, pressRaw } from './raw-updates.ts';

const labels = (message: SeenMessage | undefined) => message?.buttons.flat().map(({ text }) => text) ?? [];
const shown = (person: Person, id: number) => person.messages().find((one) => one.id === id);

/** Asks for it and waits until it is delivered. */
async function make(app: TestApp, person: Person, words: string): Promise<void> {
  const delivered = count(app, 'job.delivered') + count(app, 'job.notified');
  person.say(words);
  await until(() => count(app, 'job.delivered') + count(app, 'job.notified') > delivered);
  await untilIdle(app);
}

/** Presses and waits for the message that comes of it. */
async function pressFor(person: Person, id: number, button: string): Promise<SeenMessage> {
  const before = new Set(person.messages().map((one) => one.id));
  await press(person, id, button);
  return newMessage(person, before);
}

test('/history pages through what was asked for, sends it again without an upload, and keeps favourites', async () => {
  await using app = await openTestApp({ env: { FREE_WAITING: '9' } });
  const [person, other] = [app.person(7), app.person(8)];
  expect(wordsOf(await answerTo(person, '/history'))).toContain('Your history is still empty');
  for (let number = 1; number <= 7; number += 1) await make(app, person, `/generate fox number ${number}`);
  await make(app, other, '/generate a stranger');
  const list = await answerTo(person, '/history');
  expect(wordsOf(list)).toMatch(/1\. 🎨 Picture: finished[^]*fox number 7[^]*6\. [^]*fox number 2$/);
  expect(labels(list)).toEqual(['1', '2', '3', '4', '5', '6', '⬇ Older', '⭐ Favourites']);
  await press(person, list.id, '⬇ Older');
  await reads(person, list.id, 'fox number 1');
  expect(labels(shown(person, list.id))).toEqual(['1', '⬆ Newer', '⭐ Favourites']);
  await press(person, list.id, '⬆ Newer');
  await reads(person, list.id, 'fox number 7');

  const uploads = callsOf(app, 'sendPhoto').length;
  const again = await pressFor(person, list.id, '1');
  expect(wordsOf(again)).toContain('fox number 7');
  expect(again.photo).toBeDefined();
  expect(labels(again)).toEqual(['🔁 Again', '🎲 Variations', '⋯ More', '☆ To favourites']);
  const call = callsOf(app, 'sendPhoto')[uploads];
  expect(typeof call?.params['photo']).toBe('string');
  expect(await press(person, again.id, '☆ To favourites')).toBe('Added to your favourites.');
  await until(() => labels(shown(person, again.id)).includes('★ Favourite'));
  await press(person, list.id, '⭐ Favourites');
  await reads(person, list.id, 'Your favourites');
  expect(wordsOf(shown(person, list.id))).toContain('★');
  expect(wordsOf(await answerTo(person, '/favourites'))).toContain('fox number 7');

  // No other person sees or changes it, and a group is no place for it.
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  expect(wordsOf(await answerTo(person, '/history', { in: group }))).toContain('only in private');
  const foreign = await answerTo(other, '/history');
  expect(wordsOf(foreign)).not.toContain('fox');
  const data = list.buttons[0]?.[0]?.data ?? '';
  const starred = again.buttons.flat().at(-1)?.data ?? '';
  for (const pressed of [data, starred]) {
    expect(pressed).toMatch(/^past:[sf]\.\d+/);
    expect(await pressRaw(app, other.id, { data: pressed })).toBe('This button belongs to someone else’s request.');
  }
  expect(await pressRaw(app, other.id, { data: 'past:s.999999' })).toContain('no longer');
  const inGroup = groupMessageOf(group, other.id, { message_id: 1, text: 'a message of the bot' });
  expect(await pressRaw(app, person.id, { data: 'past:p.a', message: inGroup })).toContain('someone else');
  expect(fromBot(other.messages(), (one) => wordsOf(one).includes('fox'))).toEqual([]);
  expect(fromBot(person.messages(group), (one) => wordsOf(one).includes('fox'))).toEqual([]);
  expect(troubles(app)).toEqual([]);
});

test('a file that Telegram no longer knows comes from the disk; one that nobody has can be made again with its seed', async () => {
  const clock = fakeClock(Date.now());
  await using app = await openTestApp({ clock, env: { RETENTION_DAYS: '1', FREE_IMAGES_PER_DAY: '20' } });
  const person = app.person(7);
  await make(app, person, '/generate a red fox');
  await make(app, person, '/generate a grey cat');
  const picture = picturesOf(person)[0];
  const seed = /seed (\d+)/.exec(wordsOf(picture))?.[1];
  const list = await answerTo(person, '/history');
  app.telegram.forgetFileIds();
  const fromDisk = await pressFor(person, list.id, '2');
  expect(fromDisk.photo).toBeDefined();
  expect(wordsOf(fromDisk)).toContain('a red fox');
  // The new id is remembered.
  const uploads = callsOf(app, 'sendPhoto').length;
  await pressFor(person, list.id, '2');
  expect(callsOf(app, 'sendPhoto').slice(uploads)).toHaveLength(1);

  // Months later the request and its file are gone.
  await untilIdle(app);
  using database = new DatabaseSync(join(app.dataDir, 'darkroom.db'), { timeout: 2_000 });
  database.prepare('UPDATE jobs SET told_at_ms = told_at_ms - ?').run(40 * 86_400_000);
  await clock.advance(3_700_000);
  await until(() => database.prepare('SELECT 1 FROM jobs').get() === undefined);
  app.telegram.forgetFileIds();
  const gone = await pressFor(person, list.id, '1');
  expect(wordsOf(gone)).toMatch(/a grey cat[^]*Neither Telegram nor I have this file any more/);
  // The buttons under the first picture still work: what is gone is said, what can be done is done.
  const id = picture?.id ?? 0;
  await press(person, id, '⋯ More');
  await until(() => labels(shown(person, id)).includes('🌱 Same seed'));
  expect(await press(person, id, '📄 Original file')).toBe(
    'I no longer have this file. “🌱 Same seed” makes it again.',
  );
  const before = runs(app).length;
  expect(await press(person, id, '🌱 Same seed')).toBe('On it!');
  await until(() => runs(app).length > before);
  expect(runs(app).at(-1)).toMatchObject({ prompt: 'a red fox', params: { seed: Number(seed) } });
  expect(await press(person, gone.id, '🔁 Again')).toBe('On it!');
  await until(() => runs(app).length > before + 1);
  expect(runs(app).at(-1)).toMatchObject({ prompt: 'a grey cat' });
  expect(app.events.filter(({ event }) => event === 'update.failed')).toEqual([]);
});

test('/forget and Delete take what the history had', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  await make(app, person, '/generate a very private fox');
  await make(app, person, '/generate a crow');
  const list = await answerTo(person, '/history');
  const again = await pressFor(person, list.id, '1');
  await press(person, again.id, '⋯ More');
  await until(() => labels(shown(person, again.id)).includes('🗑 Delete'));
  await press(person, again.id, '🗑 Delete');
  await until(() => labels(shown(person, again.id)).includes('🗑 Yes, delete it'));
  await press(person, again.id, '🗑 Yes, delete it');
  await until(() => shown(person, again.id) === undefined);
  expect(wordsOf(await answerTo(person, '/history'))).not.toContain('a crow');
  const question = await answerTo(person, '/forget');
  await press(person, question.id, 'forget:yes-7');
  await reads(person, question.id, 'I’ve forgotten you');
  expect(wordsOf(await answerTo(person, '/history'))).toContain('Your history is still empty');
  expect(fromBot(person.messages()).length).toBeGreaterThan(3);
});
