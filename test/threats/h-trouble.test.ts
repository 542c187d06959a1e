import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { listen } from '../../src/http/listen.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { isWritable } from '../../src/storage/is-writable.ts';
import { scratch } from '../storage/scratch.ts';
import { openTestHouse } from '../support/test-house.ts';
import { pictures } from '../journeys/talk.ts';
import { aDoor, ask, well } from './h-door.ts';

test('H13 while the database is locked by somebody else the house says within two seconds that it is not ready', async () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  using other = openDatabase({ path: place.file });
  await using door = await aDoor({ vitals: { ...well, databaseWritable: () => isWritable(database, 1) } });
  other.script('BEGIN IMMEDIATE');
  const startMs = performance.now();
  expect(await ask(door, 'GET /readyz')).toMatchObject({ status: 503, body: '' });
  expect(performance.now() - startMs).toBeLessThan(2_000);
  other.script('ROLLBACK');
  expect(await ask(door, 'GET /readyz')).toMatchObject({ status: 200, body: '' });
  expect(database.get('PRAGMA busy_timeout')).toEqual({ timeout: 5_000 });
});

test('H13 while the disk is full, or the database closed, the house says that it is not ready and nothing else', async () => {
  const database = openDatabase({ path: ':memory:' });
  await using door = await aDoor({ vitals: { ...well, databaseWritable: () => isWritable(database, 1) } });
  database.script('PRAGMA query_only = ON');
  expect(await ask(door, 'GET /readyz')).toMatchObject({ status: 503, body: '' });
  database[Symbol.dispose]();
  expect(await ask(door, 'GET /readyz')).toMatchObject({ status: 503, body: '' });
  expect(door.events).toEqual([]);
});

test('H22 an error behind the door is told to the log and harms no other answer', async () => {
  const told: unknown[] = [];
  const app = new Hono();
  const failure = new Error('Cannot draw the page');
  app.get('/sync', () => {
    throw failure;
  });
  app.get('/late', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    throw failure;
  });
  app.get('/well', (c) => c.text('well'));
  app.onError((error, c) => {
    told.push(error);
    return c.text('failed', 500);
  });
  await using door = await listen(app, '127.0.0.1', 0);
  const answers = [await ask(door, 'GET /sync'), await ask(door, 'GET /late'), await ask(door, 'GET /well')];
  expect(answers).toMatchObject([
    { status: 500, body: 'failed' },
    { status: 500, body: 'failed' },
    { status: 200, body: 'well' },
  ]);
  expect(told).toEqual([failure, failure]);
});

test('H22 the bot makes pictures while its door is hammered with nonsense', async () => {
  await using house = await openTestHouse();
  const person = house.person(7);
  const door = { url: house.house.httpUrl, [Symbol.asyncDispose]: async () => undefined };
  const nonsense = ['GET /keys', 'BREW /', `GET /${'%'.repeat(5_000)}`, 'CONNECT x:1', 'POST /readyz'];
  const hammering = Promise.all(Array.from({ length: 60 }, (_, index) => ask(door, nonsense[index % 5] ?? '')));
  person.say('/generate a fox');
  await pictures(person);
  const statuses = new Set((await hammering).map(({ status }) => status));
  expect([...statuses].filter((status) => status < 400 && status !== 0)).toEqual([]);
});
