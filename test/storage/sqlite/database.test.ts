import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { jobId } from '../../../src/domain/ids.ts';
import { openDatabase, checkSqliteVersion } from '../../../src/storage/sqlite/database.ts';
import { migrations } from '../../../src/storage/sqlite/migrate.ts';
import { anEngine } from './an-engine.ts';
import { createUsers } from '../../../src/storage/stores/people-and-chats.ts';
import { type Scratch, scratch } from './scratch.ts';

const newest = migrations.length;
const mode = (name: string) => (statSync(name).mode & 0o777).toString(8);

function aDatabase(): Scratch {
  const place = scratch();
  using database = openDatabase({ path: place.file });
  database.runNow(`INSERT INTO users (id, locale) VALUES (7, ?)`, 'de '.repeat(4_000));
  return place;
}

test('openDatabase() makes folder and files for this user only', () => {
  using place = scratch();
  using database = openDatabase({ path: place.file });
  database.runNow('INSERT INTO users (id) VALUES (1)');
  expect(mode(path.dirname(place.file))).toBe('700');
  expect(readdirSync(path.dirname(place.file)).sort()).toEqual(['darkroom.db', 'darkroom.db-shm', 'darkroom.db-wal']);
  for (const suffix of ['', '-wal', '-shm']) expect(mode(place.file + suffix)).toBe('600');
});

test('openDatabase() sets what durability needs', () => {
  using place = scratch();
  using database = openDatabase({ path: place.file, busyTimeoutMs: 1_234 });
  expect([
    database.getNow('PRAGMA journal_mode'),
    database.getNow('PRAGMA synchronous'),
    database.getNow('PRAGMA foreign_keys'),
    database.getNow('PRAGMA busy_timeout'),
    database.getNow('PRAGMA user_version'),
  ]).toEqual([
    { journal_mode: 'wal' },
    // The write-ahead log is synced beside the event loop.
    { synchronous: 1 },
    { foreign_keys: 1 },
    { timeout: 1_234 },
    { user_version: newest },
  ]);
});

test('openDatabase() opens what it wrote before, also after a process that did not close it', async () => {
  using place = aDatabase();
  using left = openDatabase({ path: place.file });
  await createUsers(left).setLocale(8, 'fr');
  const copy = path.join(place.dir, 'copy.db');
  for (const suffix of ['', '-wal']) copyFileSync(place.file + suffix, copy + suffix);
  using database = openDatabase({ path: copy });
  expect(await createUsers(database).find(8)).toEqual({ id: 8, locale: 'fr' });
});

const damage: readonly (readonly [string, (file: string) => void])[] = [
  ['is no database', (file) => writeFileSync(file, 'a red fox '.repeat(1_000))],
  ['was cut off', (file) => truncateSync(file, statSync(file).size - 8_192)],
  [
    'has pages of noise',
    (file) => {
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.fill(0xa5, 4_096, 12_288));
    },
  ],
];

test.each(damage)('openDatabase() refuses a file that %s, names the fix and leaves it untouched', (_, spoil) => {
  using place = aDatabase();
  spoil(place.file);
  const before = readFileSync(place.file);
  expect(() => openDatabase({ path: place.file })).toThrow(
    expect.objectContaining({
      name: 'StorageError',
      code: 'corrupt',
      message: expect.stringContaining('"darkroom database set-aside"') as string,
    }),
  );
  expect(readFileSync(place.file).equals(before)).toBe(true);
});

test('openDatabase() refuses a schema of a newer version and leaves the file untouched', () => {
  using place = aDatabase();
  using newer = new DatabaseSync(place.file);
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  const before = readFileSync(place.file);
  expect(() => openDatabase({ path: place.file })).toThrow(
    expect.objectContaining({
      code: 'newer-schema',
      message: expect.stringContaining(`its schema is 99, this version knows up to ${newest}`) as string,
    }),
  );
  expect(readFileSync(place.file).equals(before)).toBe(true);
});

test('openDatabase() migrates what an older version left and keeps a copy of it', () => {
  using place = aDatabase();
  const second = { version: newest + 1, sql: 'ALTER TABLE users ADD COLUMN shoe_size INTEGER' };
  using database = openDatabase({ path: place.file, steps: [...migrations, second] });
  expect(database.getNow('SELECT id, shoe_size FROM users')).toEqual({ id: 7, shoe_size: null });
  using copy = openDatabase({ path: `${place.file}.schema-${newest}` });
  expect(copy.getNow('SELECT id FROM users')).toEqual({ id: 7 });
  expect(mode(`${place.file}.schema-${newest}`)).toBe('600');
});

test('openDatabase() keeps the jobs of the first version, which asked for nothing beside the words', async () => {
  using place = scratch();
  const steps = migrations.slice(0, 1);
  {
    using older = openDatabase({ path: place.file, steps });
    older.runNow(
      `INSERT INTO jobs (id, update_id, kind, prompt, lane, locale, chat_id, chat_type, user_id, message_id, line, state,
        round, ready_at_ms, accepted_at_ms)
       VALUES ('tg-7', 7, 'image', 'a fox', 'free', 'en', 1, 'private', 1, 1, 'bytez', 'waiting', 1, 0, 0)`,
    );
  }
  using database = openDatabase({ path: place.file });
  const job = await anEngine(database).reader.find(jobId('tg-7'));
  expect(job).toMatchObject({ prompt: 'a fox', state: { kind: 'waiting' } });
  expect(job).not.toHaveProperty('options');
});

test('openDatabase() takes no step of a migration that fails', () => {
  using place = aDatabase();
  const steps = [
    ...migrations,
    { version: newest + 1, sql: 'CREATE TABLE shoes (size INTEGER)' },
    { version: newest + 2, sql: 'CREATE TABLE shoes (size INTEGER)' },
  ];
  expect(() => openDatabase({ path: place.file, steps })).toThrow('already exists');
  using database = openDatabase({ path: place.file });
  expect(database.allNow(`SELECT name FROM sqlite_schema WHERE name = 'shoes'`)).toEqual([]);
  expect(database.getNow('SELECT id FROM users')).toEqual({ id: 7 });
});

test('openDatabase() refuses a place that it cannot write', () => {
  using place = aDatabase();
  const isDirectory = path.join(place.dir, 'folder');
  mkdirSync(isDirectory);
  for (const file of [path.join(place.file, 'below-a-file.db'), isDirectory]) {
    expect(() => openDatabase({ path: file })).toThrow(
      expect.objectContaining({ code: 'unwritable', message: expect.stringContaining('set DATA_DIR') as string }),
    );
  }
});

test('Database.run() says busy when another process keeps the file for longer than the timeout', () => {
  using place = aDatabase();
  using other = openDatabase({ path: place.file });
  using database = openDatabase({ path: place.file, busyTimeoutMs: 1 });
  other.transaction(() => {
    expect(() => database.runNow('INSERT INTO users (id) VALUES (9)')).toThrow(
      expect.objectContaining({ code: 'busy' }),
    );
  });
  expect(database.runNow('INSERT INTO users (id) VALUES (9)')).toBe(1);
});

test('Database.run() says full when there is no room, and goes on once there is', () => {
  using place = aDatabase();
  using database = openDatabase({ path: place.file });
  const write = () =>
    database.transaction(() => database.runNow('INSERT INTO users (id, locale) VALUES (?, ?)', 9, 'x'.repeat(100_000)));
  const pages = Number(database.getNow('PRAGMA page_count')?.['page_count']);
  database.script(`PRAGMA max_page_count = ${pages}`);
  expect(write).toThrow(expect.objectContaining({ code: 'full' }));
  expect(database.allNow('SELECT id FROM users')).toEqual([{ id: 7 }]);
  database.script('PRAGMA max_page_count = 1000000');
  expect(write()).toBe(1);
});

test('Database.transaction() undoes everything when its work throws', () => {
  using database = openDatabase({ path: ':memory:' });
  const work = () => {
    database.runNow('INSERT INTO users (id) VALUES (1)');
    throw new Error('Cannot go on');
  };
  expect(() => database.transaction(work)).toThrow('Cannot go on');
  expect(database.allNow('SELECT id FROM users')).toEqual([]);
  expect(database.transaction(() => database.runNow('INSERT INTO users (id) VALUES (2)'))).toBe(1);
});

test.each([
  ['3.51.3', true],
  ['3.53.4', true],
  ['4.0.0', true],
  ['3.51.2', false],
  ['3.50.9', false],
  ['2.99.99', false],
  ['', false],
  [undefined, false],
])('checkSqliteVersion(%j) accepts: %j', (version, accepts) => {
  const check = () => checkSqliteVersion(version);
  if (accepts) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'old-sqlite' }));
});
