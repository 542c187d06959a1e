import type { Secret } from '../../kit/secret.ts';
import type { Clock } from '../../kit/clock.ts';
import { moveDatabase, type MoveReport, type MoveStep } from '../../storage/move/move-database.ts';
import { postgresSource, postgresTarget } from '../../storage/move/postgres-end.ts';
import { sqliteSource, sqliteTarget } from '../../storage/move/sqlite-end.ts';
import { databasePath, ownFor } from '../maintenance.ts';

export type { MoveStep };
export { schemaName as sharedSchema } from '../../storage/postgres/pool.ts';

export type MoveStorageOptions = {
  readonly to: 'postgres' | 'sqlite';
  readonly dataDir: string;
  /** Of the PostgreSQL database. */
  readonly url: Secret;
  readonly clock: Clock;
  readonly onStep: (step: MoveStep) => void;
  readonly signal: AbortSignal;
};

export type Moved = MoveReport & {
  readonly from: string;
  readonly to: string;
  /** The database file that was there before, under its new name. */
  readonly aside?: string | undefined;
};

/**
 * Moves what the bot keeps between the file of the data folder and a PostgreSQL database; undefined where there is nothing to
 * move. Throws a StorageError while the bot runs on either, and never changes what it moves from.
 */
export async function moveStorage(options: MoveStorageOptions): Promise<Moved | undefined> {
  using _owner = ownFor('move', options.dataDir);
  return options.to === 'postgres' ? await toPostgres(options) : await toSqlite(options);
}

async function toPostgres({ dataDir, url, clock, onStep, signal }: MoveStorageOptions): Promise<Moved | undefined> {
  using from = sqliteSource(databasePath(dataDir));
  if (from === undefined) return undefined;
  await using to = await postgresTarget({ url, clock });
  const report = await moveDatabase({ from, to, onStep, signal });
  return { ...report, from: from.place, to: to.place };
}

async function toSqlite({ dataDir, url, clock, onStep, signal }: MoveStorageOptions): Promise<Moved | undefined> {
  await using from = await postgresSource({ url, clock });
  if (from === undefined) return undefined;
  using to = sqliteTarget(databasePath(dataDir));
  const report = await moveDatabase({ from, to, onStep, signal });
  const aside = to.putInPlace(clock.now());
  return { ...report, from: from.place, to: to.place, aside };
}
