import { closeSync, copyFileSync, openSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Steps } from '../../../src/storage/database.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { createJobEngine } from '../../../src/storage/stores/jobs/job-engine.ts';
import { type DiskSync, WriteAheadLog } from '../../../src/storage/sqlite/write-ahead-log.ts';
import { anyNumber, aRequest, roomy } from '../../conformance/requests.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { scratch } from './scratch.ts';

const insert = 'INSERT INTO users (id) VALUES (?)';

test('Database.commit() undoes the work that throws, alone, and keeps what was asked for beside it', async () => {
  using database = openDatabase({ path: ':memory:' });
  const outcomes = await Promise.allSettled([
    database.commit(() => database.run(insert, 1)),
    database.commit(function* () {
      yield* database.run(insert, 2);
      throw new Error('Cannot go on');
    }),
    database.commit(() => database.run(insert, 3)),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(database.allNow('SELECT id FROM users ORDER BY id').map((row) => row['id'])).toEqual([1, 3]);
});

test('Database.commit() undoes everything with plain work that throws after a change, and nothing when it changed nothing', async () => {
  using database = openDatabase({ path: ':memory:' });
  const outcomesWith = async (change: () => Steps<unknown>) =>
    (
      await Promise.allSettled([
        database.commit(() => database.run(insert, 1)),
        database.commit(
          function* () {
            yield* change();
            throw new Error('Cannot go on');
          },
          { isPlain: true },
        ),
        database.commit(() => database.run(insert, 3)),
      ])
    ).map(({ status }) => status);
  const ids = () => database.allNow('SELECT id FROM users ORDER BY id').map((row) => row['id']);
  expect(await outcomesWith(() => database.run(insert, 2))).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect([ids(), database.lostTransactions]).toEqual([[3], 1]);
  database.runNow('DELETE FROM users');
  expect(await outcomesWith(() => database.get('SELECT 1'))).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect([ids(), database.lostTransactions]).toEqual([[1, 3], 1]);
});

test('Database.commit() shares one commit among all that ask in the same turn', async () => {
  using database = openDatabase({ path: ':memory:' });
  const seen: number[] = [];
  const count = () => Number(database.getNow('SELECT count(*) AS n FROM users')?.['n']);
  const work = [4, 5, 6].map((id) =>
    database.commit(function* () {
      yield* database.run(insert, id);
      seen.push(count());
    }),
  );
  expect(count()).toBe(0);
  await work[0];
  // The first promise resolves after the one commit, when the work of all three is done.
  expect([seen, count()]).toEqual([[1, 2, 3], 3]);
  await Promise.all(work);
});

test('Database.commit() keeps what was asked for just before the database is closed', async () => {
  const database = openDatabase({ path: ':memory:' });
  const asked = database.commit(() => database.run(insert, 7));
  database[Symbol.dispose]();
  await expect(asked).resolves.toBe(1);
});

test('Database.commit() rejects everybody when the commit itself cannot be made', async () => {
  using database = openDatabase({ path: ':memory:' });
  database.script('PRAGMA foreign_keys = ON; CREATE TABLE child (id REFERENCES users DEFERRABLE INITIALLY DEFERRED)');
  const outcomes = await Promise.allSettled([
    database.commit(() => database.run(insert, 8)),
    database.commit(() => database.run('INSERT INTO child VALUES (99)')),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(database.getNow('SELECT count(*) AS n FROM users')?.['n']).toBe(0);
});

test('Database.apply() resolves before the commit, which what follows from it joins', async () => {
  using database = openDatabase({ path: ':memory:' });
  let isDurable = false;
  const beside = database.commit(() => database.run(insert, 9)).then(() => (isDurable = true));
  await database.apply(() => database.run(insert, 10));
  expect(isDurable).toBe(false);
  const following = database.commit(() => database.run(insert, 11)).then(() => isDurable);
  // The one commit resolves them in the order in which they were asked for.
  expect([await following, await beside]).toEqual([true, true]);
});

test('Database.apply() loses its work with the transaction, and a statement beside it makes it durable first', async () => {
  using database = openDatabase({ path: ':memory:' });
  database.script('PRAGMA foreign_keys = ON; CREATE TABLE child (id REFERENCES users DEFERRABLE INITIALLY DEFERRED)');
  const ids = () => database.allNow('SELECT id FROM users ORDER BY id').map((row) => row['id']);
  await database.apply(() => database.run(insert, 12));
  const following = database.commit(() => database.run('INSERT INTO child VALUES (99)'));
  await expect(following).rejects.toThrow('FOREIGN KEY');
  expect([ids(), database.lostTransactions]).toEqual([[], 1]);
  await database.apply(() => database.run(insert, 13));
  database.runNow(insert, 14);
  await expect(database.commit(() => database.run('INSERT INTO child VALUES (99)'))).rejects.toThrow('FOREIGN KEY');
  expect(ids()).toEqual([13, 14]);
});

test('the lease of a claim that was lost with its transaction is never the lease of a later claim', async () => {
  using database = openDatabase({ path: ':memory:' });
  database.script('PRAGMA foreign_keys = ON; CREATE TABLE child (id REFERENCES users DEFERRABLE INITIALLY DEFERRED)');
  const { queue } = createJobEngine({ database, clock: fakeClock(), running: anyNumber });
  await queue.accept(aRequest({ updateId: 1 }), roomy);
  const lost = await queue.claim('bytez');
  await expect(database.commit(() => database.run('INSERT INTO child VALUES (99)'))).rejects.toThrow('FOREIGN KEY');
  const kept = await queue.claim('bytez');
  expect(kept?.lease.jobId).toBe(lost?.lease.jobId);
  expect(kept?.lease.fence).toBeGreaterThan(lost?.lease.fence ?? Infinity);
});

/** A database on a disk that a test lets sync, or fail, when it wants. */
function onSlowDisk(file: string, clock = fakeClock()) {
  const syncs: ((error: Error | null) => void)[] = [];
  /** The file of each sync. */
  const files: number[] = [];
  const beside: DiskSync['beside'] = (log, done) => {
    files.push(log);
    syncs.push(done);
  };
  const log = new WriteAheadLog(file, { beside, now: () => undefined, monotonicMs: () => clock.monotonicMs() });
  const database = openDatabase({ path: file, log, clock });
  return { database, syncs, files, clock };
}

const turns = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('Database.commit() waits for a disk that was quick of late without a turn of the event loop, until it is slow or fails', async () => {
  using place = scratch();
  const beside: number[] = [];
  const now: number[] = [];
  let disk: () => void = () => undefined;
  let nowMs = 0;
  const sync: DiskSync = {
    monotonicMs: () => nowMs,
    beside: (file, done) => {
      beside.push(file);
      done(null);
    },
    now: (file) => {
      now.push(file);
      disk();
    },
  };
  using database = openDatabase({ path: place.file, log: new WriteAheadLog(place.file, sync) });
  const commit = async () => database.commit(() => database.run('INSERT INTO users DEFAULT VALUES'));
  const seen = async (times: number) => {
    for (let time = 0; time < times; time += 1) await commit();
    return [beside.splice(0).length, now.splice(0).length];
  };
  expect(await seen(33)).toEqual([32, 1]);
  expect(await seen(5)).toEqual([0, 5]);
  disk = () => void (nowMs += 3);
  expect(await seen(2)).toEqual([1, 1]);
  disk = () => {
    throw new Error('the disk is broken');
  };
  await seen(31);
  await expect(commit()).rejects.toThrow('the disk is broken');
});

test('Database.commit() resolves once the disk has what it changed, and shares the next wait with all that ask meanwhile', async () => {
  using place = scratch();
  const { database, syncs } = onSlowDisk(place.file);
  using _closing = database;
  const done: number[] = [];
  const ask = (id: number) => void database.commit(() => database.run(insert, id)).then(() => done.push(id));
  ask(20);
  await turns();
  expect([done, syncs.length]).toEqual([[], 1]);
  ask(21);
  await turns();
  ask(22);
  await turns();
  // One sync at a time.
  expect([done, syncs.length]).toEqual([[], 1]);
  syncs.shift()?.(null);
  await turns();
  expect([done, syncs.length]).toEqual([[20], 1]);
  syncs.shift()?.(null);
  await turns();
  expect(done).toEqual([20, 21, 22]);
});

/** The same, once its last syncs have all taken 8 ms. */
async function onKnownSlowDisk(file: string) {
  const disk = onSlowDisk(file);
  for (let time = 0; time < 32; time += 1) {
    const committed = disk.database.commit(() => disk.database.run('INSERT INTO users DEFAULT VALUES'));
    await turns();
    await disk.clock.advance(8);
    disk.syncs.shift()?.(null);
    await committed;
  }
  disk.files.splice(0);
  return disk;
}

test('Database.commit() does not wait for a slow disk to take the commit before, and resolves after that', async () => {
  using place = scratch();
  const { database, syncs, files, clock } = await onKnownSlowDisk(place.file);
  using _closing = database;
  const done: string[] = [];
  const ask = (name: string) =>
    void database.commit(() => database.run('INSERT INTO users DEFAULT VALUES')).then(() => done.push(name));
  ask('first');
  await turns();
  ask('second');
  await turns();
  expect(syncs.length).toBe(1);
  await clock.advance(2);
  expect(syncs.length).toBe(2);
  // The system tells of a failure once for each open file.
  expect(new Set(files).size).toBe(2);
  const [first, second] = syncs.splice(0);
  second?.(null);
  await turns();
  expect(done).toEqual([]);
  first?.(null);
  await turns();
  expect(done).toEqual(['first', 'second']);
  for (const name of ['1', '2', '3', '4', '5', '6']) {
    ask(name);
    await clock.advance(2);
  }
  expect(syncs.length).toBe(4);
  for (const sync of syncs.splice(0)) sync(null);
  await turns();
  for (const sync of syncs.splice(0)) sync(null);
  await turns();
  expect(done).toEqual(['first', 'second', '1', '2', '3', '4', '5', '6']);
});

test.each([
  { which: 'earlier', failing: 0 },
  { which: 'later', failing: 1 },
])('Database.commit() trusts no sync beside which the $which one fails', async ({ failing }) => {
  using place = scratch();
  const { database, syncs, clock } = await onKnownSlowDisk(place.file);
  using _closing = database;
  const outcomes = Promise.allSettled([
    database.commit(() => database.run('INSERT INTO users (id) VALUES (70)')),
    turns().then(async () => {
      const later = database.commit(() => database.run('INSERT INTO users (id) VALUES (71)'));
      await clock.advance(2);
      const [failed] = syncs.splice(failing, 1);
      failed?.(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
      syncs.shift()?.(null);
      return later;
    }),
  ]);
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  // Both are read back from the log and written before anything follows.
  const next = database.commit(() => database.run('INSERT INTO users (id) VALUES (72)'));
  await turns();
  syncs.shift()?.(null);
  await next;
  expect(database.allNow('SELECT id FROM users WHERE id >= 70 ORDER BY id').map((row) => row['id'])).toEqual([
    70, 71, 72,
  ]);
});

test('Database.commit() rejects what a disk that fails may have lost; nothing follows before the log is read back and written', async () => {
  using place = scratch();
  const { database, syncs } = onSlowDisk(place.file);
  using _closing = database;
  const commit = (id: number) => database.commit(() => database.run(insert, id));
  const lost = commit(30);
  await turns();
  const following = commit(31);
  await turns();
  syncs.shift()?.(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
  const refusal = expect.objectContaining({ code: 'unwritable', mayPass: true }) as unknown;
  await expect(lost).rejects.toEqual(refusal);
  await expect(following).rejects.toEqual(refusal);
  const ids = () => database.allNow('SELECT id FROM users ORDER BY id').map((row) => row['id']);
  // What was committed stays, as after any commit of which nobody knows how it ended.
  expect([ids(), database.lostTransactions]).toEqual([[30], 2]);
  const next = commit(32);
  await turns();
  syncs.shift()?.(null);
  await next;
  expect(ids()).toEqual([30, 32]);
  expect(statSync(`${place.file}-wal`).size).toBeLessThan(200_000);
});

test('Database writes nothing over a log that cannot be read back, and leaves it to the next start', async () => {
  using place = scratch();
  const { database, syncs } = onSlowDisk(place.file);
  const commit = (id: number) => database.commit(() => database.run(insert, id));
  const lost = commit(40);
  await turns();
  syncs.shift()?.(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
  await expect(lost).rejects.toMatchObject({ code: 'unwritable' });
  // The system has forgotten the last page.
  const { size } = statSync(`${place.file}-wal`);
  const log = openSync(`${place.file}-wal`, 'r+');
  writeSync(log, Buffer.alloc(1_000), 0, 1_000, size - 1_000);
  closeSync(log);
  await expect(commit(41)).rejects.toMatchObject({ code: 'unwritable' });
  expect(() => database.runNow(insert, 42)).toThrow('EIO');
  database[Symbol.dispose]();
  // What the next process finds, which has no memory of this one.
  const found = path.join(place.dir, 'found.db');
  for (const suffix of ['', '-wal']) copyFileSync(place.file + suffix, found + suffix);
  using next = openDatabase({ path: found });
  expect(next.allNow('SELECT id FROM users')).toEqual([]);
});
