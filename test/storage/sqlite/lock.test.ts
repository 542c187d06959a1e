import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import type { StorageError } from '../../../src/storage/storage-error.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { scratch } from './scratch.ts';

const insert = 'INSERT INTO users (id) VALUES (?)';

/** A database, and somebody else who can keep its file locked. */
function aLockedPlace() {
  const place = scratch();
  const clock = fakeClock();
  const refusals: StorageError[] = [];
  const onRefusal = (error: StorageError) => void refusals.push(error);
  const database = openDatabase({ path: place.file, busyTimeoutMs: 1_000, clock, onRefusal });
  const other = openDatabase({ path: place.file });
  return {
    database,
    other,
    clock,
    refusals,
    [Symbol.dispose]: () => {
      other[Symbol.dispose]();
      database[Symbol.dispose]();
      place[Symbol.dispose]();
    },
  };
}

test('Database.commit() waits for another process, and nobody waits with it', async () => {
  using place = aLockedPlace();
  const { database, other, clock, refusals } = place;
  other.script('BEGIN IMMEDIATE');
  const beganMs = performance.now();
  const first = database.commit(() => database.run(insert, 1));
  await clock.advance(100);
  const second = database.commit(() => database.run(insert, 2));
  await clock.advance(100);
  expect(performance.now() - beganMs).toBeLessThan(900);
  expect(database.allNow('SELECT id FROM users')).toEqual([]);
  other.script('COMMIT');
  await clock.advance(100);
  await expect(Promise.all([first, second])).resolves.toEqual([1, 1]);
  expect(refusals).toEqual([]);
  database.runNow(insert, 3);
  expect(database.getNow('PRAGMA busy_timeout')).toEqual({ timeout: 1_000 });
});

test('Database.commit() says busy to whoever has waited long enough, and goes on waiting for the others', async () => {
  using place = aLockedPlace();
  const { database, other, clock, refusals } = place;
  other.script('BEGIN IMMEDIATE');
  const [first, second] = [1, 2].map((id) => async () => database.commit(() => database.run(insert, id)));
  const early = first?.().catch((error: unknown) => error);
  await clock.advance(900);
  const late = second?.();
  await clock.advance(130);
  expect(await early).toMatchObject({ code: 'busy', isRefusal: true });
  expect(refusals.map(({ code }) => code)).toEqual(['busy']);
  other.script('COMMIT');
  await clock.advance(100);
  expect(await late).toBe(1);
  expect(database.allNow('SELECT id FROM users')).toEqual([{ id: 2 }]);
});

test('Database.commit() lets nobody wait long for a lock for which somebody has waited in vain', async () => {
  using place = aLockedPlace();
  const { database, other, clock } = place;
  other.script('BEGIN IMMEDIATE');
  const ask = () => database.commit(() => database.run('DELETE FROM users')).catch((error: unknown) => error);
  const patient = ask();
  await clock.advance(1_100);
  expect(await patient).toMatchObject({ code: 'busy' });
  const hasty = ask();
  await clock.advance(250);
  expect(await hasty).toMatchObject({ code: 'busy' });
  other.script('COMMIT');
  expect(await ask()).toBe(0);
  other.script('BEGIN IMMEDIATE');
  const patientAgain = ask();
  await clock.advance(900);
  other.script('COMMIT');
  await clock.advance(100);
  expect(await patientAgain).toBe(0);
});

test('Database says that it cannot be written to whoever listens', async () => {
  using place = aLockedPlace();
  const { database, refusals } = place;
  database.script('PRAGMA query_only = 1');
  await expect(database.commit(() => database.run(insert, 1))).rejects.toMatchObject({ code: 'unwritable' });
  expect(refusals.map(({ code }) => code)).toContain('unwritable');
  database.script('PRAGMA query_only = 0');
  await expect(database.commit(() => database.run(insert, 1))).resolves.toBe(1);
});
