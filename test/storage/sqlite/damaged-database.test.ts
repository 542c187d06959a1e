import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase, checkSqliteVersion } from '../../../src/storage/sqlite/database.ts';
import { migrations } from '../../../src/storage/sqlite/migrate.ts';
import { createUsers } from '../../../src/storage/stores/people-and-chats.ts';
import { type Scratch, scratch } from './scratch.ts';

/** A data folder as a bot left it. */
function aDatabase(): Scratch & { readonly dataDir: string } {
  const place = scratch();
  using database = openDatabase({ path: place.file });
  database.runNow(`INSERT INTO users (id, locale) VALUES (7, ?)`, 'de '.repeat(4_000));
  return { ...place, dataDir: join(place.dir, 'data') };
}

test.each([1, 100, 4_096])(
  'a log that lost its last %i bytes costs the last write, and nothing before it (Q7)',
  async (cut) => {
    using place = aDatabase();
    const copy = join(place.dir, 'copy.db');
    {
      using left = openDatabase({ path: place.file });
      await createUsers(left).setLocale(8, 'fr');
      await createUsers(left).setLocale(9, 'es');
      for (const suffix of ['', '-wal']) writeFileSync(copy + suffix, readFileSync(place.file + suffix));
    }
    truncateSync(`${copy}-wal`, statSync(`${copy}-wal`).size - cut);
    using database = openDatabase({ path: copy });
    const users = createUsers(database);
    expect([(await users.find(8)).locale, (await users.find(9)).locale]).toEqual(['fr', undefined]);
  },
);

test('what an older version left is copied before it is changed (Q7)', () => {
  using place = scratch();
  {
    using old = openDatabase({ path: place.file, steps: migrations.slice(0, 2) });
    old.runNow('INSERT INTO users (id) VALUES (7)');
  }
  openDatabase({ path: place.file })[Symbol.dispose]();
  using copy = openDatabase({ path: `${place.file}.schema-2`, steps: migrations.slice(0, 2) });
  expect(copy.getNow('PRAGMA user_version')).toEqual({ user_version: 2 });
  expect(copy.allNow('SELECT id FROM users')).toEqual([{ id: 7 }]);
  expect((statSync(`${place.file}.schema-2`).mode & 0o777).toString(8)).toBe('600');
});

test('a SQLite that can damage a database is refused (Q8)', () => {
  for (const version of ['3.51.2', '3.50.4', '3.7.17', undefined]) {
    expect(() => checkSqliteVersion(version)).toThrow(expect.objectContaining({ code: 'old-sqlite' }));
  }
  expect(() => checkSqliteVersion('3.51.3')).not.toThrow();
  expect(() => checkSqliteVersion(process.versions.sqlite)).not.toThrow();
});

test('a database that was closed in order is read whole only when somebody else has written to it (Q7)', () => {
  using place = aDatabase();
  const mark = `${place.file}.closed`;
  expect(existsSync(mark)).toBe(true);
  {
    using database = openDatabase({ path: place.file });
    database.runNow('INSERT INTO users (id) VALUES (8)');
    // After a crash nothing says that the file is whole.
    expect(existsSync(mark)).toBe(false);
  }
  expect(existsSync(mark)).toBe(true);
  const damagedBytes = readFileSync(place.file).fill(0x77, 8_192, 12_288);
  writeFileSync(place.file, damagedBytes);
  expect(() => openDatabase({ path: place.file })).toThrow(expect.objectContaining({ code: 'corrupt' }));
});
