import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HouseEvent } from '../../src/domain/events.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { createSqliteJobEngine } from '../../src/storage/sqlite-job-engine.ts';
import { accepted, anyNumber, aRequest, roomy, startMs } from '../conformance/requests.ts';
import { addCrowd } from '../pressure/crowd.ts';
import { scratch } from '../storage/scratch.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { openTestHouse, testToken } from '../support/test-house.ts';
import { run, source } from './k-child.ts';

test('Q5 a full disk takes no new job, keeps those it has, is told of once, and takes again once there is room', async () => {
  using place = scratch();
  const clock = fakeClock();
  const told: HouseEvent[] = [];
  using storage = openStorage({
    path: place.file,
    clock,
    tell: (event) => told.push(event),
    onUnreadableKey: (error) => expect(error).toBeUndefined(),
  });
  const { database, engine } = storage;
  const kept = await accepted(engine, { updateId: 1 });
  const pages = Number(database.get('PRAGMA page_count')?.['page_count']);
  database.script(`PRAGMA max_page_count = ${pages}`);
  const long = (updateId: number) => ({ ...aRequest({ updateId }), prompt: 'a red fox '.repeat(2_000) });
  for (let updateId = 2; updateId <= 100; updateId += 1) {
    await expect(engine.queue.accept(long(updateId), roomy, startMs)).rejects.toMatchObject({ code: 'full' });
  }
  expect([storage.takesWrites(), (await engine.reader.stats()).lines[0]?.waiting.free]).toEqual([false, 1]);
  database.script('PRAGMA max_page_count = 1000000');
  await clock.advance(10_000);
  expect(storage.takesWrites()).toBe(true);
  expect((await engine.queue.accept(long(2), roomy, startMs)).kind).toBe('accepted');
  expect((await engine.queue.claim('bytez', anyNumber, startMs))?.job.id).toBe(kept.id);
  expect(told.map(({ event }) => event)).toEqual(['storage.refuses', 'storage.recovered']);
});

test('Q6 a second process over the same folder ends with code 2 and one sentence, and the first goes on', async () => {
  await using house = await openTestHouse();
  const env = { TELEGRAM_BOT_TOKEN: testToken, DATA_DIR: house.dataDir, HTTP_PORT: '0', BYTEZ_API_KEY: 'canary-key-1' };
  const { code, err } = await run([join(source, 'main.ts'), 'start'], { env, cwd: house.dataDir });
  expect([code, err]).toEqual([
    2,
    `Cannot start: another darkroom process owns "${house.dataDir}"; stop it or set DATA_DIR\n`,
  ]);
  expect((await fetch(`${house.house.httpUrl}/readyz`)).status).toBe(200);
});

test('Q6 a start over a database that cannot be written ends with code 2 and one sentence', async () => {
  using place = scratch();
  {
    using database = openDatabase({ path: place.file });
    database.run('INSERT INTO users (id) VALUES (7)');
  }
  // Nobody writes into a folder, whoever one is.
  mkdirSync(`${place.file}-wal`);
  const dataDir = join(place.dir, 'data');
  const env = { TELEGRAM_BOT_TOKEN: testToken, DATA_DIR: dataDir, HTTP_PORT: '0', BYTEZ_API_KEY: 'canary-key-1' };
  const { code, err } = await run([join(source, 'main.ts'), 'start'], { env, cwd: dataDir });
  expect(code).toBe(2);
  expect(err).toMatch(/^Cannot write "[^"]+": [^\n]+; make it writable for this user or set DATA_DIR\n$/);
});

test('Q13 of 100,000 parked jobs that are due at once each is handed out in its order, and none is held in memory', async () => {
  using database = openDatabase({ path: ':memory:' });
  const engine = createSqliteJobEngine(database);
  const dueMs = startMs + 60_000;
  addCrowd(database, { jobs: 100_000, people: 20_000, nowMs: startMs, parkedUntilMs: dueMs });
  expect(await engine.queue.claim('bytez', anyNumber, dueMs - 1)).toBeUndefined();
  const heldMb = process.memoryUsage().heapUsed / 1e6;
  const order: number[] = [];
  for (let turn = 0; turn < 3_000; turn += 1) {
    const claim = await engine.queue.claim('bytez', anyNumber, dueMs);
    if (claim === undefined) throw new Error('Cannot claim a job that is due');
    order.push(claim.job.updateId);
    await engine.queue.settle(claim.lease, { kind: 'failed', code: 'busy' }, dueMs);
  }
  expect(order).toEqual(Array.from({ length: 3_000 }, (_, index) => index));
  expect(process.memoryUsage().heapUsed / 1e6 - heldMb).toBeLessThan(100);
  expect((await engine.reader.stats()).lines[0]?.waiting.free).toBe(97_000);
});
