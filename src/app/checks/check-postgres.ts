import { existsSync } from 'node:fs';
import { type Clock, systemClock } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import { Listening } from '../../storage/postgres/listening.ts';
import { migrations, newestVersion, schemaVersion } from '../../storage/postgres/migrate.ts';
import { ConnectionPool } from '../../storage/postgres/pool.ts';
import { PostgresDatabase } from '../../storage/postgres/postgres-database.ts';
import { type KnownProcess, processes } from '../../storage/postgres/processes.ts';
import { checkServer, type ServerFacts, serverFacts, serverWarnings } from '../../storage/postgres/server-checks.ts';
import { StorageError } from '../../storage/storage-error.ts';
import { checkLedger, undeliveredResults, unneededResults } from '../../storage/stores/checks.ts';
import { countCopies } from '../../storage/stores/jobs/result-copies.ts';
import { type DatabaseInspection, resultsIn } from '../maintenance.ts';

/** How long the database may take to answer. */
const patienceMs = 5_000;

export type PostgresInspection = {
  /** Undefined when it could not be asked. */
  readonly server: (ServerFacts & { readonly place: string }) | undefined;
  readonly warnings: ReturnType<typeof serverWarnings>;
  /** Those that run now. */
  readonly processes: readonly KnownProcess[];
  /** The schema that this program writes. */
  readonly known: number;
  readonly database: DatabaseInspection;
};

type Look = {
  /** Compared with that of the server. */
  readonly clock: Pick<Clock, 'now'>;
  /** The folder of results of this process. */
  readonly results: string;
  readonly sinceMs: number;
};

/** Asks the server about itself, listens through it, and checks the whole database; changes nothing. */
export async function inspectPostgres(url: Secret, { clock, results, sinceMs }: Look): Promise<PostgresInspection> {
  const known = newestVersion(migrations);
  let server: PostgresInspection['server'];
  const seen = { warnings: [] as PostgresInspection['warnings'], processes: [] as readonly KnownProcess[] };
  try {
    await using pool = await ConnectionPool.open({ url, applicationName: 'darkroom doctor', clients: 2 }, 'doctor');
    const untilMonotonicMs = systemClock.monotonicMs() + patienceMs;
    server = { ...(await serverFacts(pool, () => clock.now(), untilMonotonicMs)), place: pool.place };
    checkServer(server, pool.place);
    await using _listening = await Listening.open(pool);
    const schema = await schemaVersion(pool, untilMonotonicMs);
    if (schema === undefined) {
      return { server, known, ...seen, warnings: serverWarnings(server, 1), database: { kind: 'none' } };
    }
    const database = new PostgresDatabase({ pool });
    seen.processes = (await database.read(() => processes(database))).filter(({ isAlive }) => isAlive);
    seen.warnings = serverWarnings(server, seen.processes.length);
    const kept = await resultsIn(results);
    const undelivered = await database.read(() => undeliveredResults(database));
    return {
      server,
      known,
      ...seen,
      database: {
        kind: 'read',
        schema,
        damage: [],
        ledger: await database.read(() => checkLedger(database, sinceMs)),
        results: {
          kept: kept.length,
          unneeded: (await database.read(() => unneededResults(database, kept))).length,
          missing: undelivered.filter((path) => !existsSync(path)).length,
        },
        copies: await database.read(() => countCopies(database)),
      },
    };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { server, known, ...seen, database: { kind: 'unreadable', message: error.message } };
  }
}
