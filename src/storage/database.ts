import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from './make-folder.ts';
import { type ConnectionOptions, Database } from './connection.ts';
import { checkSchemaVersion, migrate, type Migration, migrations } from './migrate.ts';
import { checkSqliteVersion } from './sqlite-version.ts';
import { damaged, toStorageError, unwritable } from './storage-error.ts';

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
