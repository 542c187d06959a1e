import { z } from 'zod';
import type { AttemptTrail } from '../../../domain/attempt-trail.ts';
import type { JobId } from '../../../domain/ids.ts';
import type { JobLease, Claim, KnownAnswer, KnownOperation } from '../../../domain/job-engine.ts';
import { type Database, fromJson } from '../connection.ts';
import type { Progress } from '../../../domain/job.ts';
import type { Operation } from '../../../domain/provider.ts';
import { keptCall } from './call-rows.ts';
import { checkpointJob, started, startColumns } from './claim.ts';
import type { SetAside } from './settle.ts';

const callRow = z.object({ trail: z.string().transform(fromJson).pipe(keptCall) });

/**
 * Stores a call, inside the caller's transaction. Only the newest lease may record a sent call; its end is recorded by
 * the same lease, or by the one that took over its operation.
 */
export function keepCall(database: Database, { jobId, fence }: JobLease, trail: AttemptTrail): boolean {
  const json = JSON.stringify(trail);
  if (trail.ending.kind !== 'sent') {
    if (trail.ending.kind === 'failed') forgetOperation(database, jobId, fence);
    const sql = 'UPDATE calls SET trail = ? WHERE job_id = ? AND call = ? AND fence = ?';
    return database.run(sql, json, jobId, trail.call, fence) === 1;
  }
  const counted = database.run(
    `UPDATE jobs SET calls = max(calls, ?), operation = NULL WHERE id = ? AND fence = ? AND state = 'running'`,
    trail.call,
    jobId,
    fence,
  );
  if (counted === 0) return false;
  const sql = 'INSERT OR REPLACE INTO calls (job_id, call, fence, trail) VALUES (?, ?, ?, ?)';
  return database.run(sql, jobId, trail.call, fence, json) === 1;
}

/** Removes a failed operation, so that it is not polled again. */
function forgetOperation(database: Database, jobId: JobId, fence: number): void {
  const sql = 'UPDATE jobs SET operation = NULL WHERE id = ? AND fence = ? AND operation IS NOT NULL';
  database.run(sql, jobId, fence);
}

/** Returns every call of the job in order, except those in the format of another version. */
export function callsOf(database: Database, id: JobId): readonly AttemptTrail[] {
  return database.all('SELECT trail FROM calls WHERE job_id = ? ORDER BY call', id).flatMap((row) => {
    const call = callRow.safeParse(row);
    return call.success ? [call.data.trail] : [];
  });
}

/** Stores the answer of a running job, inside the caller's transaction. */
export function keepAnswer(
  database: Database,
  lease: JobLease,
  trail: AttemptTrail,
  progress: Progress,
  answer: KnownAnswer,
): boolean {
  if (!checkpointJob(database, lease, progress)) return false;
  keepCall(database, lease, trail);
  const sql = 'UPDATE jobs SET answer = ?, operation = NULL WHERE id = ?';
  return database.run(sql, JSON.stringify(answer), lease.jobId) === 1;
}

/** Stores the operation of a running job, inside the caller's transaction. */
export function keepOperation(
  database: Database,
  lease: JobLease,
  trail: AttemptTrail,
  progress: Progress,
  operation: Operation,
): boolean {
  if (!checkpointJob(database, lease, progress)) return false;
  keepCall(database, lease, trail);
  const known: KnownOperation = { trail, operation };
  return database.run('UPDATE jobs SET operation = ? WHERE id = ?', JSON.stringify(known), lease.jobId) === 1;
}

/** Claims a waiting job that has an answer or a running operation, inside the caller's transaction. */
export function claimUnderWay(
  database: Database,
  owner: string,
  what: 'answer' | 'operation',
): Claim | SetAside | undefined {
  const row = database.get(
    `UPDATE jobs SET ${startColumns} WHERE seq = (
       SELECT seq FROM jobs WHERE state = 'waiting' AND ${what} IS NOT NULL AND parked = 0 ORDER BY seq LIMIT 1
     ) RETURNING *`,
    owner,
  );
  return started(database, row);
}
