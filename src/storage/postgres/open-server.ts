import { type Clock, every } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import type { OpenEngine } from '../engine.ts';
import type { StorageError } from '../storage-error.ts';
import { jobNews } from './job-news.ts';
import { openPostgres } from './open-postgres.ts';
import { placeOf } from './pool.ts';
import { ownerOf } from './processes.ts';
import { createSharedStores } from './shared-stores.ts';

const tryEveryMs = 2_000;
/** The database takes writes when it took the last try, which is no older than this. */
const freshMs = 4_000;

export type ServerOptions = {
  readonly url: Secret;
  /** Of the program. */
  readonly version: string;
  readonly clock: Clock;
  readonly dayOf?: (nowMs: number) => number;
  readonly onRefusal: (error: StorageError) => void;
};

/** Opens a database that any number of processes share. */
export async function openServer(options: ServerOptions): Promise<OpenEngine> {
  const { url, clock } = options;
  await using opening = new AsyncDisposableStack();
  const server = opening.use(await openPostgres(options));
  const { database, listening, process } = server;
  let tookAtMonotonicMs = clock.monotonicMs();
  const tryToWrite = async () => {
    const sql = `INSERT INTO settings (name, value) VALUES ('last-vital-write', ?)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
    try {
      await database.commit(() => database.run(sql, String(Math.floor(clock.now()))));
      tookAtMonotonicMs = clock.monotonicMs();
    } catch {
      // Reported as a refusal.
    }
  };
  opening.use(every(clock, tryEveryMs, () => void tryToWrite()));
  const open = opening.move();
  return {
    database,
    place: placeOf(url),
    ownPlace: 'set DATABASE_URL to a database of its own for each bot',
    takesWrites: () => clock.monotonicMs() - tookAtMonotonicMs < freshMs,
    clockChanges: {
      // Stored times are of all machines.
      follow: (steady, _emit, byMs) => steady.shift(byMs),
      catchUp: () => undefined,
    },
    owner: ownerOf(process),
    news: jobNews(listening),
    ...createSharedStores(server),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
