import type { Database } from '../connection.ts';
import type { Emit } from '../../../domain/events.ts';
import type { SteadyClock } from '../../../kit/clock.ts';

/**
 * Moves every time of the jobs that are not over along with the machine's clock, so that nobody waits an hour longer, or
 * ends an hour sooner, because somebody set it. Nothing else happens in between.
 */
export function shiftTimes(database: Database, byMs: number): void {
  const by = Math.round(byMs);
  database.transaction(() => {
    database.run(
      `UPDATE jobs SET accepted_at_ms = accepted_at_ms + ?, ready_at_ms = ready_at_ms + ?,
         claimed_at_ms = claimed_at_ms + ?, claimed_before_ms = claimed_before_ms + ?
       WHERE state IN ('waiting', 'running')`,
      by,
      by,
      by,
      by,
    );
  });
}

/** Jobs that were taken or begun in the future were so before the machine's clock was set back: their times follow it. */
export function shiftFromFuture(database: Database, nowMs: number): void {
  const row = database.get(
    `SELECT max(max(accepted_at_ms, coalesce(claimed_at_ms, 0))) AS latest FROM jobs WHERE state IN ('waiting', 'running')`,
  );
  const latest = row?.['latest'];
  if (typeof latest === 'number' && latest > nowMs) shiftTimes(database, nowMs - latest);
}

const followAgainMs = 5_000;

/** Moves the house's time along with the machine's, and every time that is kept with it; tries until it can. */
export function followClock(database: Database, clock: SteadyClock, emit: Emit, byMs: number): void {
  try {
    shiftTimes(database, byMs);
    clock.shift(byMs);
  } catch (error) {
    emit({ event: 'app.error', what: 'follow the clock of this machine', error });
    clock.schedule(followAgainMs, () => followClock(database, clock, emit, byMs));
  }
}
