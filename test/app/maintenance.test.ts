import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  backUpDatabase,
  databasePath,
  isAppRunning,
  inspectDatabase,
  setDatabaseAside,
} from '../../src/app/maintenance.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { migrations } from '../../src/storage/sqlite/migrate.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';

function scratch() {
  const dir = mkdtempSync(join(tmpdir(), 'darkroom-maintenance-'));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

test('inspectDatabase() distinguishes no database, an unreadable one and a whole one', async () => {
  using place = scratch();
  expect(await inspectDatabase(place.dir, 0)).toEqual({ kind: 'none' });
  {
    using _database = openDatabase({ path: databasePath(place.dir) });
  }
  mkdirSync(join(place.dir, 'results'));
  writeFileSync(join(place.dir, 'results', 'job-tg-9.png'), 'x');
  expect(await inspectDatabase(place.dir, 0)).toMatchObject({
    kind: 'read',
    schema: migrations.at(-1)?.version,
    damage: [],
    ledger: { waiting: 0 },
    results: { kept: 1, unneeded: 1, missing: 0 },
  });
  writeFileSync(databasePath(place.dir), 'no database at all');
  expect(await inspectDatabase(place.dir, 0)).toMatchObject({ kind: 'unreadable' });
});

test('setDatabaseAside() refuses a database that a process owns', () => {
  using place = scratch();
  {
    using _database = openDatabase({ path: databasePath(place.dir) });
  }
  {
    using _owner = takeOwnership(place.dir);
    expect(isAppRunning(place.dir)).toBe(true);
    expect(() => setDatabaseAside(place.dir, 0, { force: true })).toThrow(/the bot is running and owns/);
  }
  expect(isAppRunning(place.dir)).toBe(false);
  expect(setDatabaseAside(place.dir, 0, { force: true })).toContain(place.dir);
});

test('backUpDatabase() returns nothing where there is nothing to copy', async () => {
  using place = scratch();
  const { signal } = new AbortController();
  const to = join(place.dir, 'copy.db');
  const options = { to, force: false, onProgress: () => undefined, signal };
  expect(await backUpDatabase(place.dir, options)).toBeUndefined();
  {
    using _database = openDatabase({ path: databasePath(place.dir) });
  }
  expect(await backUpDatabase(place.dir, options)).toMatchObject({ jobs: 0 });
});
