import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { jobsWithResults } from '../media/result-files.ts';
import { type BackupOptions, type BackupReport, backUp, setAsideDatabase } from '../storage/sqlite/backup.ts';
import { type LedgerFindings, checkLedger, unneededResults, undeliveredResults } from '../storage/stores/checks.ts';
import {
  contentsOf,
  type DatabaseContents,
  restore,
  type Restored,
  type RestoreOptions,
} from '../storage/sqlite/restore.ts';
import { type CountedCopies, countCopies } from '../storage/stores/jobs/result-copies.ts';
import { schemaVersion } from '../storage/sqlite/migrate.ts';
import { runToEnd } from '../storage/sqlite/run-to-end.ts';
import { damageOf } from '../storage/sqlite/damage.ts';
import { openReadOnly } from '../storage/sqlite/open-read-only.ts';
import { isOwned, takeOwnership } from '../storage/sqlite/owner-lock.ts';
import { checkSqliteVersion } from '../storage/sqlite/database.ts';
import { count } from '../observability/quantities.ts';
import { StorageError } from '../storage/storage-error.ts';

/** The findings about the database and the results. */
export type DatabaseInspection =
  | { readonly kind: 'none' }
  /** Cannot be read; the part of the message after the last semicolon is the fix. */
  | { readonly kind: 'unreadable'; readonly message: string }
  | {
      readonly kind: 'read';
      readonly schema: number;
      /** SQLite's integrity errors; empty when the file is intact. */
      readonly damage: readonly string[];
      /** Counts of rows. */
      readonly ledger: LedgerFindings;
      readonly results: {
        /** Results on the disk. */
        readonly kept: number;
        /** Results that belong to no request. */
        readonly unneeded: number;
        /** Undelivered results that are not on the disk. */
        readonly missing: number;
      };
      /** Copies of results in buckets, by place and state. */
      readonly copies: readonly CountedCopies[];
    };

/** Where the database of a data folder is. */
export function databasePath(dataDir: string): string {
  return join(dataDir, 'darkroom.db');
}

/** True while a process owns the data folder. */
export function isAppRunning(dataDir: string): boolean {
  return isOwned(dataDir);
}

/** Throws a StorageError with a fix when this SQLite is too old. */
export function checkSqlite(version: string | undefined): void {
  checkSqliteVersion(version);
}

/** Checks the whole database, whether or not its owner runs; changes nothing. */
export async function inspectDatabase(dataDir: string, sinceMs: number): Promise<DatabaseInspection> {
  try {
    using database = openReadOnly(databasePath(dataDir));
    if (database === undefined) return { kind: 'none' };
    const damage = damageOf(database);
    const ledger = runToEnd(checkLedger(database, sinceMs));
    const kept = await resultsIn(join(dataDir, 'results'));
    return {
      kind: 'read',
      schema: schemaVersion(database),
      damage,
      ledger,
      results: {
        kept: kept.length,
        unneeded: runToEnd(unneededResults(database, kept)).length,
        missing: runToEnd(undeliveredResults(database)).filter((path) => !existsSync(path)).length,
      },
      copies: runToEnd(countCopies(database)),
    };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { kind: 'unreadable', message: error.message };
  }
}

/** Throws a StorageError when the folder may not be read. */
export async function resultsIn(dir: string): ReturnType<typeof jobsWithResults> {
  try {
    return await jobsWithResults(dir);
  } catch (error) {
    const facts = error instanceof Error ? error.message : String(error);
    const message = `Cannot read "${dir}": ${facts}; run this as the user who runs the bot`;
    throw new StorageError('unwritable', message, { cause: error });
  }
}

/** Copies the database to a file, whether or not its owner runs; undefined where there is none. */
export async function backUpDatabase(
  dataDir: string,
  options: Omit<BackupOptions, 'from'>,
): Promise<BackupReport | undefined> {
  return await backUp({ ...options, from: databasePath(dataDir) });
}

/** `12 requests of 3 people, schema 11`. */
export function contentsWords({ jobs, people, schema }: DatabaseContents): string {
  return `${count(jobs, 'request')} of ${people === 1 ? '1 person' : `${people} people`}, schema ${schema}`;
}

/** Moves a damaged database aside and returns its new path; a whole one only with `force`. Throws a StorageError. */
export function setDatabaseAside(dataDir: string, nowMs: number, { force }: { readonly force: boolean }): string {
  using _owner = ownFor('set the database aside', dataDir);
  const path = databasePath(dataDir);
  const contents = force ? undefined : contentsOf(path);
  if (contents !== undefined) {
    throw new StorageError(
      'whole',
      `Cannot set aside database "${path}": it is not damaged and holds ${contentsWords(contents)}; nothing was changed, add --force to begin with an empty one all the same`,
    );
  }
  return setAsideDatabase(path, nowMs);
}

/** Puts a backup in the place of the database, which is kept beside. Throws a StorageError and then changes nothing. */
export async function restoreDatabase(dataDir: string, options: Omit<RestoreOptions, 'to'>): Promise<Restored> {
  using _owner = ownFor('restore', dataDir);
  return await restore({ ...options, to: databasePath(dataDir) });
}

/** Owns the data folder for what is to be done. Throws a StorageError while the bot runs. */
export function ownFor(what: string, dataDir: string): Disposable {
  try {
    return takeOwnership(dataDir);
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'owned') throw error;
    throw new StorageError('owned', `Cannot ${what}: the bot is running and owns "${dataDir}"; stop it first`, {
      cause: error,
    });
  }
}
