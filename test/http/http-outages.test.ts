import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { listen } from '../../src/http/listen.ts';
import { openDatabase, isWritable } from '../../src/storage/sqlite/database.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { aServer, ask, well } from './test-server.ts';

test('while another program locks the database /readyz is 503 within two seconds (H13)', async () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  using other = openDatabase({ path: place.file });
  await using server = await aServer({ vitals: { ...well, databaseWritable: () => isWritable(database, 1) } });
  other.script('BEGIN IMMEDIATE');
  const startMs = performance.now();
  expect(await ask(server, 'GET /readyz')).toMatchObject({ status: 503, body: '' });
  expect(performance.now() - startMs).toBeLessThan(2_000);
  other.script('ROLLBACK');
  expect(await ask(server, 'GET /readyz')).toMatchObject({ status: 200, body: '' });
  database.transaction(() => undefined);
  expect(database.getNow('PRAGMA busy_timeout')).toEqual({ timeout: 5_000 });
});

test('while the disk is full, or the database closed, /readyz is 503 with an empty body (H13)', async () => {
  const database = openDatabase({ path: ':memory:' });
  await using server = await aServer({ vitals: { ...well, databaseWritable: () => isWritable(database, 1) } });
  database.script('PRAGMA query_only = ON');
  expect(await ask(server, 'GET /readyz')).toMatchObject({ status: 503, body: '' });
  database[Symbol.dispose]();
  expect(await ask(server, 'GET /readyz')).toMatchObject({ status: 503, body: '' });
  expect(server.events).toEqual([]);
});

test('an error of a handler is logged and affects no other answer (H22)', async () => {
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
  await using server = await listen(app, '127.0.0.1', 0);
  const answers = [await ask(server, 'GET /sync'), await ask(server, 'GET /late'), await ask(server, 'GET /well')];
  expect(answers).toMatchObject([
    { status: 500, body: 'failed' },
    { status: 500, body: 'failed' },
    { status: 200, body: 'well' },
  ]);
  expect(told).toEqual([failure, failure]);
});
