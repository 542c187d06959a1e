import { randomUUID } from 'node:crypto';
import type { JobEngine, RunningCaps } from '../../../domain/job-engine.ts';
import type { Clock } from '../../../kit/clock.ts';
import type { ProviderName } from '../../../domain/ids.ts';
import type { Database } from '../connection.ts';
import { createSqliteJobDelivery } from './delivery.ts';
import { createSqliteJobQueue } from './queue.ts';
import { createSqliteJobReader } from './reader.ts';

export type SqliteJobEngineOptions = {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly running: RunningCaps;
  /** The lines from which jobs are claimed; without it, every line. */
  readonly lines?: readonly ProviderName[] | undefined;
};

/**
 * The job engine of one machine: the order and the fences live in the database, each method is one transaction. It has
 * one owner at a time (see `takeOwnership`), so that every other owner found in the database is gone.
 */
export function createSqliteJobEngine({ database, clock, running, lines }: SqliteJobEngineOptions): JobEngine {
  const own = { database, owner: randomUUID(), nowMs: () => Math.floor(clock.now()) };
  return {
    queue: createSqliteJobQueue({ ...own, running, lines }),
    reader: createSqliteJobReader(database),
    delivery: createSqliteJobDelivery(own),
  };
}
