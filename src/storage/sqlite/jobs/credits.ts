import type { JobId } from '../../../domain/ids.ts';
import type { JobKind } from '../../../domain/job.ts';
import type { Database } from '../connection.ts';
import { numberOf } from '../rows.ts';

const dayMs = 86_400_000;

/** The UTC day of a time, counted since 1970. */
export function utcDay(nowMs: number): number {
  return Math.floor(nowMs / dayMs);
}

/** How many of a kind the person has taken on the UTC day of `nowMs` and not been given back. */
export function creditsTaken(database: Database, userId: number, kind: JobKind, nowMs: number): number {
  const row = database.get(
    'SELECT count(*) AS taken FROM credits WHERE user_id = ? AND kind = ? AND day = ? AND given_back = 0',
    userId,
    kind,
    utcDay(nowMs),
  );
  return numberOf(row, 'taken');
}

export function takeCredit(database: Database, id: JobId, userId: number, kind: JobKind, nowMs: number): void {
  database.run('INSERT INTO credits (job_id, user_id, kind, day) VALUES (?, ?, ?, ?)', id, userId, kind, utcDay(nowMs));
}

/** Gives the job's credit back for the day on which it was taken, once however often it is called. */
export function giveCreditBack(database: Database, id: JobId): void {
  database.run('UPDATE credits SET given_back = 1 WHERE job_id = ? AND given_back = 0', id);
}
