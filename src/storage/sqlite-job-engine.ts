import type { JobEngine } from '../domain/job-engine.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { Database } from './connection.ts';
import { createSqliteJobDelivery } from './sqlite-job-delivery.ts';
import { createSqliteJobQueue } from './sqlite-job-queue.ts';
import { createSqliteJobReader } from './sqlite-job-reader.ts';

/** The job engine of one machine: the order and the fences live in the database, each method is one transaction. */
export function createSqliteJobEngine(database: Database, lines?: readonly ProviderName[]): JobEngine {
  return {
    queue: createSqliteJobQueue(database, lines),
    reader: createSqliteJobReader(database),
    delivery: createSqliteJobDelivery(database),
  };
}
