import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from './make-folder.ts';
import { Database } from './connection.ts';
import { checkSchemaVersion, migrate, type Migration, migrations } from './migrate.ts';
import { checkSqliteVersion } from './sqlite-version.ts';
import { damaged, toStorageError, unwritable } from './storage-error.ts';

export type { Database } from './connection.ts';

const inMemory = ':memory:';

export type DatabaseOptions = {
  /** The file, made with its folder when absent, or `:memory:`. */
  readonly path: string;
  /** How long a statement waits for another process that uses the file. */
  readonly busyTimeoutMs?: number;
  /** The steps of the schema; a test may bring its own. */
  readonly steps?: readonly Migration[];
};

/**
 * Opens the database with its newest schema, private to this user, each commit durable; throws a StorageError and leaves
 * the file as it was when it is damaged, newer than this program or not writable.
 */
export function openDatabase({ path: file, busyTimeoutMs = 5_000, steps = migrations }: DatabaseOptions): Database {
  checkSqliteVersion(process.versions.sqlite);
  if (file !== inMemory) {
    inspect(file, busyTimeoutMs, steps);
    makePrivate(file);
  }
  const database = connect(file, { timeout: busyTimeoutMs });
  try {
    database.script('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    migrate(database, steps);
    return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

function connect(file: string, options: { readonly timeout: number; readonly readOnly?: boolean }): Database {
  try {
    return new Database(file, new DatabaseSync(file, options));
  } catch (error) {
    throw toStorageError(error, file);
  }
}

/** Looks through a read-only connection, so that a file which is refused stays as it was, byte for byte. */
function inspect(file: string, timeout: number, steps: readonly Migration[]): void {
  if (!existsSync(file) || (statSync(file).isFile() && statSync(file).size === 0)) return;
  using database = connect(file, { timeout, readOnly: true });
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
