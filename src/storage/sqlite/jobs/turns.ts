import type { Lane } from '../../../domain/job.ts';
import type { ProviderName } from '../../../domain/ids.ts';
import type { Database } from '../connection.ts';
import { numberOf } from '../rows.ts';

/** A person's turn: the job of theirs that may start next in a lane. */
export type Turn = {
  readonly seq: number;
  /** 0 when the job was handed back and so goes before everything else. */
  readonly tier: number;
};

/**
 * Sets the person's turn anew; to be called in every transaction that changes which of their jobs are ready. Choosing
 * among turns instead of jobs keeps a claim fast when one person has thousands waiting behind the running cap.
 */
export function refreshTurn(database: Database, line: string, lane: string, userId: number): void {
  database.run('DELETE FROM turns WHERE line = ? AND lane = ? AND user_id = ?', line, lane, userId);
  database.run(
    `INSERT INTO turns (line, lane, user_id, tier, round, seq)
     SELECT line, lane, user_id, tier, round, seq FROM jobs
     WHERE state = 'waiting' AND parked = 0 AND line = ? AND lane = ? AND user_id = ?
     ORDER BY tier, round, seq LIMIT 1`,
    line,
    lane,
    userId,
  );
}

/** Lets the parked jobs whose time has come into the order again. */
export function wakeParked(database: Database, line: ProviderName, nowMs: number): void {
  const due = database.all(
    `SELECT DISTINCT lane, user_id FROM jobs
     WHERE state = 'waiting' AND parked = 1 AND line = ? AND ready_at_ms <= ?`,
    line,
    nowMs,
  );
  if (due.length === 0) return;
  database.run(
    `UPDATE jobs SET parked = 0 WHERE state = 'waiting' AND parked = 1 AND line = ? AND ready_at_ms <= ?`,
    line,
    nowMs,
  );
  for (const row of due) {
    refreshTurn(database, line, row['lane'] === 'premium' ? 'premium' : 'free', numberOf(row, 'user_id'));
  }
}

/** The first turn of a lane whose person runs fewer than `runningCap` jobs in that lane. */
export function firstTurn(database: Database, line: ProviderName, lane: Lane, runningCap: number): Turn | undefined {
  const row = database.get(
    `SELECT seq, tier FROM turns
     WHERE line = ? AND lane = ? AND (
       SELECT count(*) FROM jobs
       WHERE jobs.state = 'running' AND jobs.user_id = turns.user_id AND jobs.lane = turns.lane
     ) < ?
     ORDER BY tier, round, seq LIMIT 1`,
    line,
    lane,
    runningCap,
  );
  return row === undefined ? undefined : { seq: numberOf(row, 'seq'), tier: numberOf(row, 'tier') };
}
