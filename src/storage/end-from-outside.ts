import type { Outcome } from '../domain/outcome.ts';
import type { Database } from './connection.ts';
import { giveCreditBack } from './day-credits.ts';
import { type StoredJob, toShownJob } from './job-rows.ts';
import { refreshTurn } from './job-turns.ts';

/**
 * Ends a job without its lease, inside the caller's transaction: its credit goes back, and a new fence voids the lease
 * that somebody may hold.
 */
export function endFromOutside(database: Database, seq: number, outcome: Outcome, nowMs: number): StoredJob {
  const row = database.get(
    `UPDATE jobs SET state = 'ended', outcome = ?, ended_at_ms = ?, answer = NULL, fence = fence + 1
     WHERE seq = ? RETURNING *`,
    JSON.stringify(outcome),
    nowMs,
    seq,
  );
  if (row === undefined) throw new Error(`Cannot end job ${seq}: its row is gone`);
  const stored = toShownJob(row);
  giveCreditBack(database, stored.job.id);
  // As they stand there, also when this version knows no such line or lane.
  refreshTurn(database, String(row['line']), String(row['lane']), stored.job.origin.userId);
  return stored;
}
