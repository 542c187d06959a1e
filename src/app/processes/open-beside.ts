import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import type { Secret } from '../../kit/secret.ts';
import type { Database, Steps } from '../../storage/database.ts';
import { systemClock } from '../../kit/clock.ts';
import { checkReadable, schemaVersion } from '../../storage/postgres/migrate.ts';
import { ConnectionPool } from '../../storage/postgres/pool.ts';
import { PostgresDatabase } from '../../storage/postgres/postgres-database.ts';
import { processes } from '../../storage/postgres/processes.ts';
import { openReadOnly, saltOf } from '../../storage/sqlite/open-read-only.ts';
import { isOwned } from '../../storage/sqlite/owner-lock.ts';
import { databasePath } from '../maintenance.ts';

const patienceMs = 2_000;

/** The database as a process sees it that is no bot: for short reads and small writes, whether or not the bot runs. */
export type BesideDatabase = Disposable & {
  /** Undefined where the bot has never run. */
  readonly database: Database | undefined;
  /** Of the fingerprints of keys; undefined until the bot has made it. */
  readonly salt: string | undefined;
  readonly isRunning: boolean;
};

/** Opens the database beside the bot; a file is written to only where `writable` says so. Throws a StorageError. */
export async function openDatabaseBeside(
  { dataDir, databaseUrl, quotaDay }: Config,
  { writable = false }: { readonly writable?: boolean } = {},
): Promise<BesideDatabase> {
  if (databaseUrl !== undefined) return await openServerBeside(databaseUrl, quotaDay.dayOf);
  const database = openReadOnly(databasePath(dataDir), { writable, dayOf: quotaDay.dayOf });
  return {
    database,
    salt: database && saltOf(database),
    isRunning: isOwned(dataDir),
    [Symbol.dispose]: () => database?.[Symbol.dispose](),
  };
}

async function openServerBeside(url: Secret, dayOf: (nowMs: number) => number): Promise<BesideDatabase> {
  const id = randomUUID();
  const pool = await ConnectionPool.open({ url, applicationName: `darkroom beside ${id}`, clients: 2 }, id);
  // Nothing waits for the end of an idle connection.
  const close = () => void pool[Symbol.asyncDispose]().catch(() => undefined);
  const database = new PostgresDatabase({ pool, dayOf, patienceMs });
  try {
    const schema = await schemaVersion(pool, systemClock.monotonicMs() + patienceMs);
    if (schema !== undefined) checkReadable(schema, pool.place);
    const seen = schema === undefined ? undefined : await database.read(() => look(database));
    return {
      database: seen && database,
      salt: seen?.salt,
      isRunning: seen?.isRunning === true,
      [Symbol.dispose]: close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function* look(database: Database): Steps<Pick<BesideDatabase, 'salt' | 'isRunning'>> {
  const row = yield* database.get(`SELECT value FROM settings WHERE name = 'key-salt'`);
  const value = row?.['value'];
  const known = yield* processes(database);
  return {
    salt: typeof value === 'string' ? value : undefined,
    isRunning: known.some(({ isAlive }) => isAlive),
  };
}
