import type { SqliteDatabase } from './connection.ts';
import type { Emit } from '../../domain/events.ts';
import type { SteadyClock } from '../../kit/clock.ts';

/** The last condition lets the index of open jobs serve; without it a start reads every job there ever was. */
const unfinished = `state IN ('waiting', 'running') AND state <> 'told'`;

/**
 * Shifts all times of unfinished jobs by a change of the machine's clock, so that waits and deadlines keep their length.
 * It runs in one transaction.
 */
export function shiftTimes(database: SqliteDatabase, byMs: number): void {
  const by = Math.round(byMs);
  database.transaction(() => {
    database.runNow(
      `UPDATE jobs SET accepted_at_ms = accepted_at_ms + ?, ready_at_ms = ready_at_ms + ?,
         claimed_at_ms = claimed_at_ms + ?, claimed_before_ms = claimed_before_ms + ?
       WHERE ${unfinished}`,
      by,
      by,
      by,
      by,
    );
    database.runNow(`UPDATE jobs SET deliver_at_ms = deliver_at_ms + ? WHERE state = 'ended'`, by);
  });
}

/** Shifts jobs with times in the future: they were accepted before the machine's clock was set back. */
export function shiftFromFuture(database: SqliteDatabase, nowMs: number): void {
  const row = database.getNow(
    `SELECT max(max(accepted_at_ms, coalesce(claimed_at_ms, 0))) AS latest FROM jobs WHERE ${unfinished}`,
  );
  const latest = row?.['latest'];
  if (typeof latest === 'number' && latest > nowMs) shiftTimes(database, nowMs - latest);
}

const retryMs = 5_000;

/** Applies a change of the machine's clock to the app's clock and to all stored times; retries until it succeeds. */
export function followClock(database: SqliteDatabase, clock: SteadyClock, emit: Emit, byMs: number): void {
  try {
    shiftTimes(database, byMs);
    clock.shift(byMs);
  } catch (error) {
    emit({ event: 'app.error', what: 'follow the clock of this machine', error });
    clock.schedule(retryMs, () => followClock(database, clock, emit, byMs));
  }
}
