import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { startFloodTelegram } from '../../bench/flood-telegram.ts';
import { troubles, until } from '../journeys/talk.ts';
import { fromBot, openTestApp, testToken, wordsOf } from '../support/test-app.ts';
import { openPressedApp } from './app-under-pressure.ts';

/** How many rows of the inbox are in each state. */
function inboxOf(dataDir: string): Readonly<Record<string, unknown>> {
  const database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
  const rows = database.prepare('SELECT state, count(*) AS updates FROM inbox GROUP BY state').all();
  database.close();
  return Object.fromEntries(rows.map((row) => [String(row['state']), row['updates']]));
}

test('of two thousand people who ask within a second everybody is answered and nobody’s words are lost', async () => {
  const people = 2_000;
  await using telegram = await startFloodTelegram(Number(testToken.split(':', 1)[0]));
  await using app = await openTestApp({ apiRoot: () => telegram.url, env: { MAX_WAIT_S: '2592000' } });
  app.bytez.hold();
  for (let id = 1; id <= people; id += 1) telegram.say(1_000 + id, '/generate a red fox');
  await until(() => telegram.answered === people && telegram.held === 0);
  await until(() => inboxOf(app.dataDir)['handled'] === people);
  const { lines } = await app.app.stats();
  const [line] = lines;
  expect((line?.waiting.free ?? 0) + (line?.running ?? 0)).toBe(people);
  expect(app.events.filter(({ event }) => event === 'job.accepted')).toHaveLength(people);
  expect(troubles(app)).toEqual([]);
});

test('of 150 people who ask while nothing can be written everybody hears so once, and nothing is made of it later', async () => {
  await using app = await openPressedApp('database read-only', { MAX_WAIT_S: '2592000' });
  const people = Array.from({ length: 150 }, (_, index) => app.person(1_000 + index));
  const beforeMb = await app.rssMb();
  await app.refuse();
  for (const person of people) person.say('/generate a red fox');
  await until(() => people.every((person) => fromBot(person.messages()).length > 0));
  const after = await app.rssMb();
  await app.allow();
  await until(() => app.events.some(({ event }) => event === 'alert.resolved'));
  for (const person of people) {
    expect(fromBot(person.messages()).map((one) => wordsOf(one))).toEqual([
      expect.stringContaining('I can’t take anything new right now'),
    ]);
  }
  expect(after - beforeMb).toBeLessThan(200);
  const [, , ...later] = app.events.map(({ event }) => event);
  expect(later).toEqual(['storage.unavailable', 'alert.raised', 'storage.recovered', 'alert.resolved']);
  expect(inboxOf(app.dataDir)).toEqual({});
});
