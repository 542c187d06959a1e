import type { ClientBase } from 'pg';
import { StorageError } from '../storage-error.ts';
import { firstTables } from './migrations/028-first-tables.ts';
import { sharedKeys } from './migrations/029-shared-keys.ts';
import { plannedOnce } from './migrations/030-planned-once.ts';
import { lostAnswers } from './migrations/031-lost-answers.ts';
import { copyUploads } from './migrations/032-copy-uploads.ts';
import { type ConnectionPool, schemaName } from './pool.ts';
import { toStorageError } from './postgres-error.ts';

export type Migration = { readonly version: number; readonly sql: string };

/**
 * Every migration in order; a released one is never edited. A migration only adds: for as long as an upgrade takes, the
 * version before runs beside the new one on the new schema.
 */
export const migrations: readonly Migration[] = [firstTables, sharedKeys, plannedOnce, lostAnswers, copyUploads];

/** How far the schema may be ahead of the program that uses it. */
const maxAhead = 1;

/** Among the advisory locks of the database, the one of the migration. */
const migrationLock = 7_244_028;

export function newestVersion(steps: readonly Migration[]): number {
  return Math.max(0, ...steps.map(({ version }) => version));
}

/**
 * Migrates the schema to the newest version, in one transaction and under a lock: of processes that start together one does
 * it, and the others find it done. Returns the version of the schema. Throws a StorageError, and changes nothing, when the
 * schema is too far ahead of this program or the role may not create it.
 */
export async function migrate(
  pool: ConnectionPool,
  untilMonotonicMs: number,
  steps: readonly Migration[] = migrations,
): Promise<number> {
  const { client, release } = await pool.connect(untilMonotonicMs);
  let isBroken = false;
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0`);
    await client.query(`SELECT pg_advisory_xact_lock(${migrationLock})`);
    // Asked first: a role that may use the schema but not create one is enough once it is there.
    if (!(await hasSchema(client))) await client.query(versionsTable);
    const found = await versionOf(client);
    const known = newestVersion(steps);
    if (found > known + maxAhead) throw tooNew(pool.place, found, known);
    for (const { version, sql } of steps.filter((step) => step.version > found)) {
      await client.query(sql);
      await client.query(`INSERT INTO schema_versions (version) VALUES (${version})`);
    }
    await client.query('COMMIT');
    return Math.max(found, known);
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      isBroken = true;
    });
    throw toStorageError(error, pool.place);
  } finally {
    release(isBroken);
  }
}

const versionsTable = `
CREATE SCHEMA IF NOT EXISTS ${schemaName};
CREATE TABLE ${schemaName}.schema_versions (
  version bigint PRIMARY KEY,
  migrated_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`;

/** Throws a StorageError where this program, which migrates nothing, does not know the tables of the schema. */
export function checkReadable(found: number, place: string): void {
  const known = newestVersion(migrations);
  if (found > known + maxAhead) throw tooNew(place, found, known);
  if (found >= known) return;
  throw new StorageError(
    'older-schema',
    `Cannot read database ${place}: its schema is ${found}, this version reads ${known}; start the bot once, which brings it up to date`,
  );
}

/** The version of the schema; undefined where no process has been started yet. Changes nothing. */
export async function schemaVersion(pool: ConnectionPool, untilMonotonicMs: number): Promise<number | undefined> {
  const { client, release } = await pool.connect(untilMonotonicMs);
  try {
    return (await hasSchema(client)) ? await versionOf(client) : undefined;
  } catch (error) {
    throw toStorageError(error, pool.place);
  } finally {
    release();
  }
}

async function hasSchema(client: ClientBase): Promise<boolean> {
  const sql = `SELECT to_regclass('${schemaName}.schema_versions') AS found`;
  const { rows } = await client.query<{ found: string | null }>(sql);
  return rows[0]?.found != null;
}

async function versionOf(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ found: number }>(
    'SELECT coalesce(max(version), 0) AS found FROM schema_versions',
  );
  return rows[0]?.found ?? 0;
}

function tooNew(place: string, found: number, known: number): StorageError {
  return new StorageError(
    'newer-schema',
    `Cannot use database ${place}: its schema is ${found}, this version works with up to ${known + maxAhead}; start a newer version`,
  );
}
