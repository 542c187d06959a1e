import { jobId } from '../../../domain/ids.ts';
import type { JobDelivery } from '../../../domain/job-engine.ts';
import type { Database } from '../connection.ts';
import { claimEnded, endDelivery } from './settle.ts';

export type SqliteDeliveryOptions = {
  readonly database: Database;
  /** Who holds what is handed out. */
  readonly owner: string;
  /** In whole milliseconds. */
  readonly nowMs: () => number;
};

/** Hands out ended jobs for delivery; each method is one transaction. */
export function createSqliteJobDelivery({ database, owner, nowMs }: SqliteDeliveryOptions): JobDelivery {
  return {
    claim: async (id) => database.commit(() => claimEnded(database, id, owner)),
    done: async (lease, shown) => database.commit(() => endDelivery(database, lease, nowMs(), shown)),
    pending: async () =>
      database
        .all(`SELECT id FROM jobs WHERE state = 'ended' ORDER BY ended_at_ms, seq`)
        .map((row) => jobId(String(row['id']))),
    holds: async ({ jobId: id, fence }) =>
      database.get(`SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting'`, id, fence) !== undefined,
    keepStatusMessage: async (id, statusMessageId) =>
      database.commit(() => void database.run('UPDATE jobs SET receipt_id = ? WHERE id = ?', statusMessageId, id)),
  };
}
