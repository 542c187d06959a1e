import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { answerTo, picturesOf, runs, troubles, until } from '../journeys/talk.ts';
import { fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';

const filesOf = ({ dataDir }: TestApp): readonly string[] => {
  const results = join(dataDir, 'results');
  return existsSync(results) ? readdirSync(results) : [];
};

/** Of each job how it ended and whether its credit was given back. */
function ledgerOf({ dataDir }: TestApp): readonly string[] {
  const database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
  const rows = database
    .prepare(
      `SELECT outcome ->> 'kind' AS kind, given_back FROM jobs JOIN credits ON credits.job_id = jobs.id ORDER BY seq`,
    )
    .all();
  database.close();
  return rows.map((row) => `${String(row['kind'])} ${row['given_back'] === 1 ? 'free' : 'charged'}`);
}

const tellings = ({ events }: TestApp): number =>
  events.filter(({ event }) => event === 'job.notified' || event === 'job.delivered').length;

test('an answer that comes after the request was cancelled shows nothing, costs nothing and leaves nothing', async () => {
  await using app = await openTestApp({ env: { BYTEZ_SEATS_MAX: '1' } });
  const person = app.person(7);
  const hold = app.bytez.hold();
  await answerTo(person, '/generate for nobody');
  await until(() => runs(app).length === 1);
  await answerTo(person, '/cancel');
  await app.event('job.notified');
  hold.release();
  await answerTo(person, '/generate a red fox');
  await person.waitFor((seen) => seen.some(({ photo }) => photo !== undefined));
  await until(() => tellings(app) === 2);
  expect(picturesOf(person).map((one) => wordsOf(one).split('\n')[0])).toEqual(['a red fox']);
  expect(runs(app).map(({ prompt, aborted }) => [prompt, aborted])).toEqual([
    ['for nobody', true],
    ['a red fox', false],
  ]);
  expect(filesOf(app)).toHaveLength(1);
  expect(ledgerOf(app)).toEqual(['cancelled free', 'result charged']);
  expect(troubles(app)).toEqual([]);
});

test('a request that is cancelled while its result is fetched shows nothing, costs nothing and leaves nothing', async () => {
  await using app = await openTestApp({ accounts: [[{ do: { kind: 'stalled-media' } }]] });
  const person = app.person(7);
  await answerTo(person, '/generate a red fox');
  await app.event('attempt.succeeded');
  await answerTo(person, '/cancel');
  await app.event('job.notified');
  expect(filesOf(app)).toEqual([]);
  expect(picturesOf(person)).toEqual([]);
  expect(ledgerOf(app)).toEqual(['cancelled free']);
  expect(troubles(app)).toEqual([]);
});

test('whoever cancels in the moment in which the answer comes gets the picture or the cancellation, never both', async () => {
  const people = Array.from({ length: 24 }, (_, index) => 100 + index);
  await using app = await openTestApp({
    seats: people.length,
    env: { BYTEZ_SEATS_PER_KEY: String(people.length) },
  });
  const hold = app.bytez.hold();
  const crowd = people.map((id) => app.person(id));
  await Promise.all(crowd.map((person) => answerTo(person, `/generate for ${person.id}`)));
  await until(() => runs(app).length === people.length);
  const cancelled = crowd.map(async (person, index) => {
    await new Promise((resolve) => setTimeout(resolve, index * 50));
    person.say('/cancel');
  });
  hold.release();
  await Promise.all(cancelled);
  await until(() => tellings(app) === people.length);
  const shown = crowd.map((person) => fromBot(person.messages(), ({ photo }) => photo !== undefined).length);
  expect(ledgerOf(app)).toEqual(shown.map((pictures) => (pictures === 1 ? 'result charged' : 'cancelled free')));
  // A file that was written too late is deleted behind the cancellation.
  const kept = shown.reduce((sum, pictures) => sum + pictures, 0);
  await until(() => filesOf(app).length === kept);
  expect(runs(app)).toHaveLength(people.length);
  expect(app.events.filter(({ event }) => event === 'app.error')).toEqual([]);
});
