import { chmodSync, closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type ConnectionOptions, SqliteDatabase } from './connection.ts';
import { type Migration, checkSchemaVersion, migrate, migrations } from './migrate.ts';
import { makeFolder } from '../../kit/files.ts';
import { WriteAheadLog } from './write-ahead-log.ts';
import { StorageError } from '../storage-error.ts';
import { damaged, toStorageError, unwritable } from './refusals.ts';

/** SQLite before 3.51.3 can corrupt a WAL database: https://sqlite.org/wal.html#walresetbug */
const oldestSafe = [3, 51, 3] as const;

/** Refuses a SQLite that is known to damage databases. */
export function checkSqliteVersion(version: string | undefined): void {
  const found = (version ?? '').split('.').map(Number);
  for (const [index, wanted] of oldestSafe.entries()) {
    const part = found[index] ?? 0;
    if (part > wanted) return;
    if (part < wanted || Number.isNaN(part)) {
      throw new StorageError(
        'old-sqlite',
        `Cannot store anything: this Node brings SQLite "${version ?? 'none'}", ${oldestSafe.join('.')} is the first safe one; use Node 24.15 or newer`,
      );
    }
  }
}

export type { SqliteDatabase } from './connection.ts';

const inMemory = ':memory:';

type DatabaseOptions = ConnectionOptions & {
  /** The file, created with its folder when absent, or `:memory:`. */
  readonly path: string;
  /** The migrations; tests pass their own. */
  readonly steps?: readonly Migration[];
  /** Its log, on a disk that a test can make slow. */
  readonly log?: WriteAheadLog;
};

/**
 * Opens the database and migrates it to the newest schema. The file is private to this user, and each commit is durable.
 * Throws a StorageError and leaves the file unchanged when it is damaged, newer than this program or not writable.
 */
export function openDatabase(options: DatabaseOptions): SqliteDatabase {
  const { path: file, busyTimeoutMs = 5_000, steps = migrations } = options;
  checkSqliteVersion(process.versions.sqlite);
  if (file !== inMemory) {
    inspect(file, busyTimeoutMs, steps);
    makePrivate(file);
  }
  let isOpened = false;
  const onClosed = () => {
    if (isOpened && file !== inMemory) markClosed(file);
  };
  const database = connect(file, {}, { ...options, busyTimeoutMs, onClosed });
  try {
    if (file !== inMemory) rmSync(closedMark(file), { force: true });
    database.script(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON',
    );
    migrate(database, steps);
    // From here on: the migration may create the file.
    if (file !== inMemory) {
      database.watchPlace();
      database.syncBeside(options.log ?? new WriteAheadLog(file));
    }
    isOpened = true;
    return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

function connect(file: string, mode: { readonly readOnly?: boolean }, options: ConnectionOptions): SqliteDatabase {
  try {
    return new SqliteDatabase(file, new DatabaseSync(file, { ...mode, timeout: options.busyTimeoutMs ?? 0 }), options);
  } catch (error) {
    throw toStorageError(error, file);
  }
}

/** Checks the file through a read-only connection, so that a refused file stays unchanged. */
function inspect(file: string, busyTimeoutMs: number, steps: readonly Migration[]): void {
  if (!existsSync(file) || (statSync(file).isFile() && statSync(file).size === 0)) return;
  using database = connect(file, { readOnly: true }, { busyTimeoutMs });
  if (!wasClosedWhole(file)) {
    const [first] = database.allNow('PRAGMA quick_check(1)');
    const finding = first?.['quick_check'];
    if (finding !== 'ok') throw damaged(file, String(finding));
  }
  checkSchemaVersion(database, steps);
}

/** Beside the database while it is closed: what its file looked like when it was closed in order. */
export const closedMark = (file: string): string => `${file}.closed`;

function looksOf(file: string): string {
  const { size, mtimeNs, ino } = statSync(file, { bigint: true });
  return `${size} ${mtimeNs} ${ino}`;
}

/** After a close in order the next start need not read the whole file. It does after a crash, and where somebody else wrote. */
function markClosed(file: string): void {
  try {
    if (!existsSync(`${file}-wal`)) writeFileSync(closedMark(file), looksOf(file), { mode: 0o600 });
  } catch {
    // The next start reads the whole file.
  }
}

function wasClosedWhole(file: string): boolean {
  try {
    return !existsSync(`${file}-wal`) && readFileSync(closedMark(file), 'utf8') === looksOf(file);
  } catch {
    return false;
  }
}

/** SQLite gives the -wal and -shm files the permissions of the database file. */
function makePrivate(file: string): void {
  try {
    makeFolder(path.dirname(file));
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  } catch (error) {
    throw unwritable(file, error);
  }
}

/** A health check blocks the event loop while it waits for a lock, so it waits only this long. */
const checkTimeoutMs = 250;

/** Checks with a test write whether the database accepts durable writes now. */
export function isWritable(database: SqliteDatabase, nowMs: number): boolean {
  const value = String(nowMs);
  try {
    database.waitingAtMost(checkTimeoutMs, () =>
      database.runNow(
        "INSERT INTO settings (name, value) VALUES ('last-vital-write', ?) ON CONFLICT (name) DO UPDATE SET value = ?",
        value,
        value,
      ),
    );
    return true;
  } catch {
    return false;
  }
}
