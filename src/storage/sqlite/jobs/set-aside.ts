import { type Outcome, lanes } from '../../../domain/job.ts';
import type { Database, Row } from '../connection.ts';
import { giveCreditBack } from './credits.ts';
import { type StoredJob, toShownJob, toStoredJob } from './job-rows.ts';
import { refreshTurn } from './turns.ts';
import type { JobId, ProviderName } from '../../../domain/ids.ts';
import { numberOf } from '../rows.ts';
import { StorageError } from '../storage-error.ts';

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

/** A job that has ended because its row cannot be read: nobody can work on it, and the others have to go on. */
export type SetAside = { readonly setAside: JobId; readonly error: StorageError };

/** The lines from which jobs are claimed; without it, every line. */
export type KnownLines = ReadonlySet<ProviderName> | undefined;

const outcome: Outcome = { kind: 'failed', code: 'set-aside' };
const knownLanes: ReadonlySet<string> = new Set(lanes);

/** Reads a job that is to be worked on, or sets it aside, inside the caller's transaction. */
export function readOrSetAside(database: Database, row: Row): StoredJob | SetAside {
  try {
    return toStoredJob(row);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const sinceMs = numberOf(row, row['claimed_at_ms'] === null ? 'accepted_at_ms' : 'claimed_at_ms');
    return { setAside: endFromOutside(database, numberOf(row, 'seq'), outcome, sinceMs).job.id, error };
  }
}

/** Sets aside what waits in a line or lane that this version does not know, and so never claims from. */
export function setStraysAside(database: Database, lines: KnownLines, nowMs: number): readonly JobId[] {
  return database
    .all('SELECT DISTINCT line, lane FROM waiting_counts')
    .map((row) => ({ line: String(row['line']), lane: String(row['lane']) }))
    .filter(({ line, lane }) => lines?.has(line) === false || !knownLanes.has(lane))
    .flatMap(({ line, lane }) =>
      database.all(`SELECT seq FROM jobs WHERE state = 'waiting' AND line = ? AND lane = ?`, line, lane),
    )
    .map((row) => endFromOutside(database, numberOf(row, 'seq'), outcome, nowMs).job.id);
}
