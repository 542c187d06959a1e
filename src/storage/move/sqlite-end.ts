import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { storableText } from '../postgres/storable.ts';
import type { TableName } from '../postgres/schema-tables.ts';
import { setAsideDatabase, sync } from '../sqlite/backup.ts';
import { closedMark, openDatabase, type SqliteDatabase } from '../sqlite/database.ts';
import { openReadOnly } from '../sqlite/open-read-only.ts';
import { StorageError } from '../storage-error.ts';
import type { LastNumbers, MoveSource, MoveTarget, TableProgress } from './move-ends.ts';
import { type Cell, countingTrigger, type MovedRow, type MovedTable, quotedNames, walking } from './moved-table.ts';

/** The database file as what is read; undefined where there is none. The caller owns the data folder. */
export function sqliteSource(path: string): (MoveSource & Disposable) | undefined {
  const database = openReadOnly(path);
  if (database === undefined) return undefined;
  return { ...readerOf(database, path), [Symbol.dispose]: () => database[Symbol.dispose]() };
}

export type SqliteTarget = MoveTarget &
  Disposable & {
    /** Gives the filled file its name; returns that of the file which was there before. */
    putInPlace(nowMs: number): string | undefined;
  };

/** A new database file beside `path`, or the one that an interrupted move has begun. The caller owns the data folder. */
export function sqliteTarget(path: string): SqliteTarget {
  const part = `${path}.moving`;
  const database = openBegun(part) ?? openNew(part);
  const inOneTransaction = (work: () => void) => database.transaction(work);
  return {
    ...readerOf(database, path),
    progress: async () =>
      new Map(
        database
          .allNow('SELECT name, last_key, rows FROM move_progress')
          .map((row): [TableName, TableProgress] => [
            String(row['name']) as TableName,
            { lastKey: JSON.parse(String(row['last_key'])) as readonly string[], rows: Number(row['rows']) },
          ]),
      ),
    keep: async (table, rows, { lastKey, rows: copied }) => {
      const names = table.columns.map(({ name }) => name);
      const sql = `INSERT INTO "${table.name}" (${quotedNames(names)}) VALUES (${names.map(() => '?').join(', ')})`;
      inOneTransaction(() => {
        for (const row of rows) database.runNow(sql, ...row);
        database.runNow(
          `INSERT INTO move_progress (name, last_key, rows) VALUES (?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET last_key = excluded.last_key, rows = excluded.rows`,
          table.name,
          JSON.stringify(lastKey),
          copied,
        );
      });
    },
    startOver: async (tables) =>
      inOneTransaction(() => {
        for (const { name } of tables.toReversed()) database.runNow(`DELETE FROM "${name}"`);
        database.runNow('DELETE FROM waiting_counts');
        database.runNow('DELETE FROM move_progress');
      }),
    finish: async (tables, numbers) =>
      inOneTransaction(() => {
        setNumbers(database, tables, numbers);
        for (const sql of triggersOfSchema()) database.script(sql);
        database.script('DROP TABLE move_progress');
      }),
    putInPlace: (nowMs) => {
      database[Symbol.dispose]();
      rmSync(closedMark(part), { force: true });
      const aside = existsSync(path) ? setAsideDatabase(path, nowMs) : undefined;
      renameSync(part, path);
      sync(dirname(path));
      return aside;
    },
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

function readerOf(database: SqliteDatabase, path: string): MoveSource {
  return {
    place: `"${path}"`,
    countRows: async ({ name }) => Number(database.getNow(`SELECT count(*) AS n FROM "${name}"`)?.['n']),
    rowsAfter: async (table, key, limit) => {
      // A whole number of 64 bits is more than a number of JavaScript holds.
      const columns = table.columns.map(({ name, isInteger }) => (isInteger ? `CAST("${name}" AS TEXT)` : `"${name}"`));
      const parameters = table.key.map((name) =>
        table.columns.find((column) => column.name === name)?.isInteger === true ? 'CAST(? AS INTEGER)' : '?',
      );
      const sql = `SELECT ${columns.map((column, index) => `${column} AS c${index}`).join(', ')}
        FROM "${table.name}" ${walking(table, parameters, key === undefined)} LIMIT ${limit}`;
      return database.allNow(sql, ...(key ?? [])).map((row) => cellsOf(table, row));
    },
    lastNumbers: async (tables) => {
      const given = new Map(
        database
          .allNow('SELECT name, CAST(seq AS TEXT) AS seq FROM sqlite_sequence')
          .map((row) => [String(row['name']), String(row['seq'])]),
      );
      return new Map(
        tables.flatMap(({ name }): [TableName, string][] => {
          const last = given.get(name);
          return last === undefined ? [] : [[name, last]];
        }),
      );
    },
    // The mover owns the data folder.
    refuseUse: async () => undefined,
  };
}

function cellsOf(table: MovedTable, row: Readonly<Record<string, unknown>>): MovedRow {
  return table.columns.map(({ name, isInteger }, index): Cell => {
    const value = row[`c${index}`];
    if (value === null) return null;
    if (typeof value !== 'string') {
      const message = `Cannot move a row of "${table.name}": unexpected ${name}; was it written by another program?`;
      throw new StorageError('unreadable-row', message);
    }
    return isInteger ? wholeNumber(value) : storableText(value);
  });
}

/** PostgreSQL keeps whole milliseconds. */
function wholeNumber(text: string): string {
  return /^-?\d+$/.test(text) ? text : String(Math.round(Number(text)));
}

/** Undefined where there is none, or one that cannot be gone on with. */
function openBegun(part: string): SqliteDatabase | undefined {
  if (!existsSync(part)) return undefined;
  const database = openDatabase({ path: part });
  const isBegun = database.getNow(`SELECT 1 AS found FROM sqlite_schema WHERE name = 'move_progress'`) !== undefined;
  if (isBegun) return database;
  database[Symbol.dispose]();
  return undefined;
}

function openNew(part: string): SqliteDatabase {
  for (const suffix of ['-wal', '-shm', '', '.closed']) rmSync(part + suffix, { force: true });
  const database = openDatabase({ path: part });
  const names = database.allNow(`SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name <> ?`, countingTrigger);
  database.transaction(() => {
    for (const { name } of names) database.script(`DROP TRIGGER "${String(name)}"`);
    database.script(
      'CREATE TABLE move_progress (name TEXT PRIMARY KEY, last_key TEXT NOT NULL, rows INTEGER NOT NULL)',
    );
  });
  return database;
}

function triggersOfSchema(): readonly string[] {
  using fresh = openDatabase({ path: ':memory:' });
  return fresh
    .allNow(`SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name <> ?`, countingTrigger)
    .map(({ sql }) => String(sql));
}

function setNumbers(database: SqliteDatabase, tables: readonly MovedTable[], numbers: LastNumbers): void {
  for (const { name } of tables) {
    const last = numbers.get(name);
    const hasNumbers = database.getNow(
      `SELECT 1 AS found FROM sqlite_schema WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'`,
      name,
    );
    if (last === undefined || hasNumbers === undefined) continue;
    database.runNow('DELETE FROM sqlite_sequence WHERE name = ?', name);
    database.runNow('INSERT INTO sqlite_sequence (name, seq) VALUES (?, CAST(? AS INTEGER))', name, last);
  }
}
