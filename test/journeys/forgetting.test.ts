import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { answerTo, callsOf, pictures, press, reads, runs, until, whileTimePasses } from './talk.ts';

const rows = ({ dataDir }: TestApp, sql: string) => {
  const database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
};
/** As if everything had been told so much earlier. */
function tellEarlier({ dataDir }: TestApp, byMs: number): void {
  using database = new DatabaseSync(join(dataDir, 'darkroom.db'), { timeout: 20_000 });
  database.prepare('UPDATE jobs SET told_at_ms = told_at_ms - ?').run(byMs);
}
const results = ({ dataDir }: TestApp) => readdirSync(join(dataDir, 'results'));
const stored = ({ dataDir }: TestApp) =>
  ['darkroom.db', 'darkroom.db-wal'].map((name) => readFileSync(join(dataDir, name), 'latin1')).join('');

test('a person who wants to be forgotten is asked first, and then nothing of what they wrote is left', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const other = app.person(8);
  await answerTo(other, '/generate a stranger by the sea');
  await pictures(other);
  await answerTo(person, '/generate a very private fox');
  await pictures(person);
  await app.event('job.delivered', (event) => event.jobId.length > 0);
  await until(() => rows(app, `SELECT 1 FROM jobs WHERE state = 'told'`).length === 2);
  const question = await answerTo(person, '/forget');
  expect(wordsOf(question)).toContain('Shall I forget you?');
  expect(results(app)).toHaveLength(2);
  await press(person, question.id, 'forget:yes-7');
  await reads(person, question.id, 'Done, I’ve forgotten you.\n1 request deleted\n1 result deleted');
  expect(rows(app, 'SELECT user_id, prompt FROM jobs').map((row) => ({ ...row }))).toEqual([
    { user_id: 8, prompt: 'a stranger by the sea' },
  ]);
  expect(results(app)).toHaveLength(1);
  await answerTo(person, '/status');
  await app.app[Symbol.asyncDispose]();
  expect(readFileSync(join(app.dataDir, 'darkroom.db'), 'latin1')).not.toContain('private fox');
});

test('a request under way is stopped, told of without its words, and then gone', async () => {
  await using app = await openTestApp({ env: { FREE_IMAGES_PER_DAY: '2' } });
  const person = app.person(7);
  const hold = app.bytez.hold();
  const statusMessage = await answerTo(person, '/generate a very private fox');
  const waiting = await answerTo(person, '/generate another private fox');
  await until(() => runs(app).length === 1);
  const question = await answerTo(person, '/forget');
  await press(person, question.id, 'forget:yes-7');
  await reads(person, question.id, '2 requests stopped on the way');
  await reads(person, statusMessage.id, 'Cancelled');
  await reads(person, waiting.id, 'Cancelled');
  hold.release();
  expect(runs(app).map(({ aborted }) => aborted)).toEqual([true]);
  expect(
    fromBot(person.messages())
      .map((one) => wordsOf(one))
      .join('\n'),
  ).not.toContain('private fox');
  expect(rows(app, 'SELECT prompt FROM jobs').every((row) => row['prompt'] === '')).toBe(true);
  await answerTo(person, '/generate a new beginning');
  expect(await pictures(person)).toHaveLength(1);
});

test('what was being told when the person was forgotten goes as soon as it was told', async () => {
  const clock = fakeClock(Date.now());
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const hold = app.bytez.hold();
  await whileTimePasses(clock, answerTo(person, '/generate a very private fox'));
  await until(() => runs(app).length === 1);
  const question = await whileTimePasses(clock, answerTo(person, '/forget'));
  await whileTimePasses(clock, press(person, question.id, 'forget:yes-7'));
  hold.release();
  await whileTimePasses(clock, app.event('job.notified'), 100);
  await clock.advance(30_000);
  await until(() => rows(app, 'SELECT 1 FROM jobs').length === 0);
  expect(rows(app, 'SELECT 1 FROM effects')).toEqual([]);
  expect(rows(app, 'SELECT 1 FROM calls')).toEqual([]);
});

test('nobody forgets somebody else, no is no, and an old question is not answered', async () => {
  const clock = fakeClock(Date.now());
  await using app = await openTestApp({ clock });
  const person = app.person(7);
  const stranger = app.person(8);
  await whileTimePasses(clock, answerTo(person, '/generate a fox'));
  await whileTimePasses(clock, pictures(person));
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const inGroup = { in: group };
  const asked = await whileTimePasses(clock, answerTo(person, '/forget@darkroom_sandbox_bot', inGroup));
  const refused = await whileTimePasses(clock, press(stranger, asked.id, 'forget:yes-7', inGroup));
  expect(refused).toContain('belongs to someone else');
  const question = await whileTimePasses(clock, answerTo(person, '/forget'));
  await whileTimePasses(clock, press(person, question.id, 'forget:no-7'));
  await whileTimePasses(clock, reads(person, question.id, 'Nothing was deleted'));
  const old = await whileTimePasses(clock, answerTo(person, '/forget'));
  await clock.advance(700_000);
  expect(await whileTimePasses(clock, press(person, old.id, 'forget:yes-7'))).toContain('no longer in use');
  expect(rows(app, 'SELECT user_id FROM jobs').map((row) => row['user_id'])).toEqual([7]);
  expect(results(app)).toHaveLength(1);
});

test('a message that Telegram delivers again after its author was forgotten is not answered again', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  person.say('/generate a fox');
  const { jobId } = await app.event('job.accepted');
  await pictures(person);
  await until(() => rows(app, `SELECT 1 FROM jobs WHERE state = 'told'`).length === 1);
  const question = await answerTo(person, '/forget');
  await press(person, question.id, 'forget:yes-7');
  await reads(person, question.id, 'Done');
  app.telegram.redeliver(Number(jobId.replace('tg-', '')));
  await answerTo(person, '/help');
  expect(runs(app)).toHaveLength(1);
  expect(callsOf(app, 'sendMessage')).toHaveLength(3);
});

test('what was told longer ago than RETENTION_DAYS is deleted, what is younger stays', async () => {
  const clock = fakeClock(Date.now());
  await using app = await openTestApp({ clock, env: { RETENTION_DAYS: '1' } });
  const person = app.person(7);
  await whileTimePasses(clock, answerTo(person, '/generate an old fox'));
  await whileTimePasses(clock, pictures(person));
  await until(() => rows(app, `SELECT 1 FROM jobs WHERE state = 'told'`).length === 1);
  tellEarlier(app, 23.5 * 3_600_000);
  await whileTimePasses(clock, answerTo(person, '/generate a young fox'));
  await whileTimePasses(clock, pictures(person, 2));
  await clock.advance(3_600_000 + 60_000);
  await until(() => rows(app, 'SELECT 1 FROM jobs').length === 1);
  expect(rows(app, 'SELECT prompt FROM jobs')[0]?.['prompt']).toBe('a young fox');
  await until(() => results(app).length === 1);
  expect(stored(app)).toContain('a young fox');
});

test.each([-11, 11])(
  'a person is forgotten although our clock differs from Telegram’s by %d minutes, also after a restart',
  async (minutes) => {
    const clock = { ...systemClock, now: () => systemClock.now() + minutes * 60_000 };
    await using app = await openTestApp({ clock });
    const person = app.person(7);
    const question = await answerTo(person, '/forget');
    await app.restart();
    expect(await press(person, question.id, 'forget:yes-7')).toBe('');
    await reads(person, question.id, 'forgotten');
  },
);
