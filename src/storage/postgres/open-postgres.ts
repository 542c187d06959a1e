import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { beatEveryMs } from '../../domain/shared/processes.ts';
import { type Clock, every, systemClock } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import type { StorageError } from '../storage-error.ts';
import { Listening } from './listening.ts';
import { migrate, type Migration, migrations, newestVersion } from './migrate.ts';
import { refuseDuringMove } from './move-mark.ts';
import { ConnectionPool } from './pool.ts';
import { PostgresDatabase } from './postgres-database.ts';
import { beat, forgetDead, leave, type ProcessFacts } from './processes.ts';
import { checkServer, type ServerFacts, serverFacts } from './server-checks.ts';

/** How long a start waits for a database that is away. */
const startPatienceMs = 10_000;
const forgetEveryMs = 3_600_000;

export type PostgresStorageOptions = {
  readonly url: Secret;
  /** Of the program. */
  readonly version: string;
  readonly clock?: Clock;
  readonly dayOf?: (nowMs: number) => number;
  readonly onRefusal?: (error: StorageError) => void;
  /** The migrations; tests pass their own. */
  readonly steps?: readonly Migration[];
};

/** An open database of several processes; disposing tells the others that this one has ended, and closes it. */
export type PostgresStorage = AsyncDisposable & {
  readonly database: PostgresDatabase;
  /** Over a connection of its own, for what shows that this process lives: it waits behind no other work. */
  readonly beats: PostgresDatabase;
  readonly listening: Listening;
  readonly process: ProcessFacts;
  readonly server: ServerFacts;
};

/**
 * Opens the database, migrates it and enters this process. Throws a StorageError when it cannot be reached, is too old or a
 * standby, has a schema that is too new, or when a pooler stands in between.
 */
export async function openPostgres(options: PostgresStorageOptions): Promise<PostgresStorage> {
  const { url, version, clock = systemClock, dayOf, onRefusal, steps = migrations } = options;
  await using opening = new AsyncDisposableStack();
  const id = randomUUID();
  const pool = opening.use(await ConnectionPool.open({ url, applicationName: `darkroom ${id}`, clock }, id));
  const untilMonotonicMs = clock.monotonicMs() + startPatienceMs;
  const server = await serverFacts(pool, () => clock.now(), untilMonotonicMs);
  checkServer(server, pool.place);
  await migrate(pool, untilMonotonicMs, steps);
  const database = new PostgresDatabase({
    pool,
    clock,
    ...(dayOf === undefined ? {} : { dayOf }),
    ...(onRefusal === undefined ? {} : { onRefusal }),
  });
  const beating = { url, applicationName: `darkroom ${id} beats`, clients: 1, clock };
  const beats = new PostgresDatabase({ pool: opening.use(await ConnectionPool.open(beating, `${id}-beats`)), clock });
  const listening = opening.use(await Listening.open(pool));
  const own = { id, host: hostname(), pid: process.pid, version, schemaVersion: newestVersion(steps) };
  await database.commit(() => beat(database, own));
  opening.defer(() => database.commit(() => leave(database, id)).catch(() => undefined));
  await refuseDuringMove(pool, untilMonotonicMs);
  // A beat that fails is one that the others miss.
  opening.use(every(clock, beatEveryMs, () => void beats.commit(() => beat(beats, own)).catch(() => undefined)));
  opening.use(
    every(clock, forgetEveryMs, () => void database.commit(() => forgetDead(database)).catch(() => undefined)),
  );
  const open = opening.move();
  return { database, beats, listening, process: own, server, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
