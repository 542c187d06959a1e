import type { RunningCaps } from '../../../src/domain/job-engine.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { jobNews } from '../../../src/storage/postgres/job-news.ts';
import { openPostgres, type PostgresStorage } from '../../../src/storage/postgres/open-postgres.ts';
import { ownerOf } from '../../../src/storage/postgres/processes.ts';
import { startMs } from '../../conformance/requests.ts';
import type { SharedStore } from '../../conformance/shared-promises.ts';
import { testDatabase } from '../../support/postgres-server.ts';
import { anEngine } from '../sqlite/an-engine.ts';

type EngineOptions = { readonly running: RunningCaps; readonly time: { nowMs: number } };

/** The engine of a process that has opened the database. */
export function engineOf({ database, process, listening }: PostgresStorage, options: EngineOptions) {
  return anEngine(database, { ...options, owner: ownerOf(process), news: jobNews(listening) });
}

/** A database of its own, opened by one process at a time. */
export async function aPostgresStore() {
  const place = await testDatabase();
  const open = () => openPostgres({ url: place.url, version: '1.0.0' });
  let storage = await open();
  return {
    now: () => storage,
    reopen: async () => {
      await storage[Symbol.asyncDispose]();
      storage = await open();
      return storage;
    },
    [Symbol.asyncDispose]: async () => {
      await storage[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** A database of its own, opened by any number of processes. */
export async function aSharedStore(running: RunningCaps): Promise<SharedStore> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await testDatabase());
  const options = { running, time: { nowMs: startMs } };
  const opened = stack.move();
  return {
    open: async () => {
      let isDead = false;
      const clock = {
        ...systemClock,
        schedule: (ms: number, run: () => void) => systemClock.schedule(ms, () => (isDead ? undefined : run())),
      };
      const storage = opened.use(await openPostgres({ url: place.url, version: '1.0.0', clock }));
      const { database, process } = storage;
      return {
        engine: engineOf(storage, options),
        die: async () => {
          isDead = true;
          const sql = 'UPDATE processes SET beat_at_ms = beat_at_ms - 60000 WHERE id = ?';
          await database.commit(() => database.run(sql, process.id));
        },
      };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
