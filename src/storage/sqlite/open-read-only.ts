import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { SqliteDatabase } from './connection.ts';
import { checkSchemaVersion, migrations, schemaVersion } from './migrate.ts';
import { checkSqliteVersion } from './database.ts';
import { StorageError } from '../storage-error.ts';
import { toStorageError } from './refusals.ts';

export type ReadOnlyOptions = {
  /** Allows writes; absent means the connection is read-only. */
  readonly writable?: boolean;
  /** As of a connection. */
  readonly dayOf?: (nowMs: number) => number;
  /** How long a statement waits for a lock of the process that owns the database. */
  readonly busyTimeoutMs?: number;
};

/**
 * Opens the database while another process owns it, for short reads or small writes; never changes its schema. Returns
 * undefined when there is no database yet. Throws a StorageError when its schema is not this version's.
 */
export function openReadOnly(file: string, options: ReadOnlyOptions = {}): SqliteDatabase | undefined {
  const { writable = false, busyTimeoutMs = 2_000 } = options;
  checkSqliteVersion(process.versions.sqlite);
  if (!isThere(file)) return undefined;
  const database = connect(file, { readOnly: !writable, timeout: busyTimeoutMs }, options.dayOf);
  try {
    const newest = migrations.at(-1)?.version ?? 0;
    const found = schemaVersion(database);
    // A bot that starts for the first time creates the file before the tables.
    if (found === 0) {
      database[Symbol.dispose]();
      return undefined;
    }
    checkSchemaVersion(database, migrations);
    if (found < newest) throw older(file, found, newest);
    return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

/** The salt of this installation's key fingerprints; undefined until the bot has created it. */
export function saltOf(database: SqliteDatabase): string | undefined {
  const value = database.getNow(`SELECT value FROM settings WHERE name = 'key-salt'`)?.['value'];
  return typeof value === 'string' ? value : undefined;
}

/** True when the file exists and is not empty; throws a StorageError when it may not be read. */
function isThere(file: string): boolean {
  try {
    return statSync(file).size > 0;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    const facts = error instanceof Error ? error.message : String(error);
    const message = `Cannot read "${file}": ${facts}; run this as the user who runs the bot, or set DATA_DIR`;
    throw new StorageError('unwritable', message, { cause: error });
  }
}

function connect(
  file: string,
  options: { readonly readOnly: boolean; readonly timeout: number },
  dayOf?: (nowMs: number) => number,
): SqliteDatabase {
  try {
    return new SqliteDatabase(file, new DatabaseSync(file, options), {
      busyTimeoutMs: options.timeout,
      ...(dayOf === undefined ? {} : { dayOf }),
    });
  } catch (error) {
    throw toStorageError(error, file);
  }
}

function older(file: string, found: number, newest: number): StorageError {
  return new StorageError(
    'older-schema',
    `Cannot read database "${file}": its schema is ${found}, this version reads ${newest}; start the bot once, which brings it up to date`,
  );
}
