import { existsSync, mkdirSync, chmodSync, closeSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { StorageError, damaged, toStorageError, unwritable } from './storage-error.ts';
import { DatabaseSync } from 'node:sqlite';
import { type ConnectionOptions, Database } from './connection.ts';
import { checkSchemaVersion, migrate, type Migration, migrations } from './migrate.ts';

/**
 * Makes the folder and its missing parents, for the owner alone. One by one: `mkdirSync` with `recursive` never returns
 * where the system answers ENOENT below an existing folder, as under /proc.
 */
export function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  const parent = path.dirname(path.resolve(dir));
  if (parent !== path.resolve(dir)) makeFolder(parent);
  mkdirSync(dir, { mode: 0o700 });
}

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

export type { Database } from './connection.ts';

const inMemory = ':memory:';

export type DatabaseOptions = ConnectionOptions & {
  /** The file, made with its folder when absent, or `:memory:`. */
  readonly path: string;
  /** The steps of the schema; a test may bring its own. */
  readonly steps?: readonly Migration[];
};

/**
 * Opens the database with its newest schema, private to this user, each commit durable; throws a StorageError and leaves
 * the file as it was when it is damaged, newer than this program or not writable.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { path: file, busyTimeoutMs = 5_000, steps = migrations } = options;
  checkSqliteVersion(process.versions.sqlite);
  if (file !== inMemory) {
    inspect(file, busyTimeoutMs, steps);
    makePrivate(file);
  }
  const database = connect(file, {}, { ...options, busyTimeoutMs });
  try {
    database.script('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    migrate(database, steps);
    return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

function connect(file: string, mode: { readonly readOnly?: boolean }, options: ConnectionOptions): Database {
  try {
    return new Database(file, new DatabaseSync(file, { ...mode, timeout: options.busyTimeoutMs ?? 0 }), options);
  } catch (error) {
    throw toStorageError(error, file);
  }
}

/** Looks through a read-only connection, so that a file which is refused stays as it was, byte for byte. */
function inspect(file: string, busyTimeoutMs: number, steps: readonly Migration[]): void {
  if (!existsSync(file) || (statSync(file).isFile() && statSync(file).size === 0)) return;
  using database = connect(file, { readOnly: true }, { busyTimeoutMs });
  const [first] = database.all('PRAGMA quick_check(1)');
  const finding = first?.['quick_check'];
  if (finding !== 'ok') throw damaged(file, String(finding));
  checkSchemaVersion(database, steps);
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

/** Whoever asks how we are must not make everybody else wait for the answer. */
const patienceMs = 250;

/** Does the database take a durable write right now? Tries one, and does not wait for a lock as long as work does. */
export function isWritable(database: Database, nowMs: number): boolean {
  const value = String(nowMs);
  try {
    const usualMs = Number(database.get('PRAGMA busy_timeout')?.['timeout']);
    database.script(`PRAGMA busy_timeout = ${patienceMs}`);
    try {
      database.run(
        "INSERT INTO settings (name, value) VALUES ('last-vital-write', ?) ON CONFLICT (name) DO UPDATE SET value = ?",
        value,
        value,
      );
      return true;
    } finally {
      database.script(`PRAGMA busy_timeout = ${usualMs}`);
    }
  } catch {
    return false;
  }
}
