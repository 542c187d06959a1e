import type { Claim, JobLease, Park, RunningCaps, KnownAnswer, KnownOperation } from '../../../domain/job-engine.ts';
import type { Progress } from '../../../domain/job.ts';
import { type JobKind, jobKinds } from '../../../domain/kinds.ts';
import type { ProviderName, JobId } from '../../../domain/ids.ts';
import { type Database, type Row, fromJson } from '../connection.ts';
import {
  nextLane,
  countStart,
  advanceVirtualTime,
  premiumStreak,
  firstTurn,
  refreshTurn,
  wakeParked,
} from './fair-queue.ts';
import { takeOverCall, keptCall } from './call-rows.ts';
import { toShownJob } from './job-rows.ts';
import { addCost } from './cost-rows.ts';
import { readOrSetAside, type SetAside } from './settle.ts';
import { z } from 'zod';
import type { AttemptTrail } from '../../../domain/attempt-trail.ts';
import type { Operation } from '../../../domain/provider.ts';

/** The columns that every claim sets; the parameter is the owner. */
export const startColumns = `state = 'running', fence = fence + 1, owner = ?, tier = 1, claimed_before_ms = claimed_at_ms`;

/** Claims the next job of the line, inside the caller's transaction. */
export function claimNext(
  database: Database,
  line: ProviderName,
  running: RunningCaps,
  owner: string,
  nowMs: number,
): Claim | SetAside | undefined {
  wakeParked(database, line, nowMs);
  const premium = firstTurn(database, line, 'premium', running.premium);
  const free = firstTurn(database, line, 'free', running.free);
  const streak = premiumStreak(database, line);
  // A requeued job has had its turn: it goes first and does not count into the streak again.
  const requeued = [premium, free].find((turn) => turn?.tier === 0);
  const lane = nextLane({ premium: premium !== undefined, free: free !== undefined }, streak);
  const turn = requeued ?? (lane === 'premium' ? premium : free);
  if (turn === undefined) return undefined;

  const row = database.get(
    `UPDATE jobs SET ${startColumns}, claimed_at_ms = coalesce(claimed_at_ms, ?) WHERE seq = ? RETURNING *`,
    owner,
    nowMs,
    turn.seq,
  );
  const claim = started(database, row);
  if (requeued === undefined && claim !== undefined && 'job' in claim) {
    countStart(database, line, claim.job.lane, streak);
  }
  return claim;
}

/** Claims a waiting job whose deadline has passed, whatever its turn. */
export function claimOverdue(
  database: Database,
  line: ProviderName,
  owner: string,
  nowMs: number,
  deadlineMs: Readonly<Record<JobKind, number>>,
): Claim | SetAside | undefined {
  for (const kind of jobKinds) {
    const row = claimOverdueOf(database, line, kind, owner, nowMs - deadlineMs[kind]);
    if (row !== undefined) return started(database, row);
  }
  return undefined;
}

function claimOverdueOf(
  database: Database,
  line: ProviderName,
  kind: JobKind,
  owner: string,
  claimedBeforeMs: number,
): Row | undefined {
  return database.get(
    `UPDATE jobs SET ${startColumns} WHERE seq = (
       SELECT seq FROM jobs
       WHERE state = 'waiting' AND claimed_at_ms IS NOT NULL AND line = ? AND kind = ? AND claimed_at_ms <= ?
       ORDER BY claimed_at_ms LIMIT 1
     ) RETURNING *`,
    owner,
    line,
    kind,
    claimedBeforeMs,
  );
}

/** Builds the claim of a row that was just marked running, inside the caller's transaction; ends an unreadable job. */
export function started(database: Database, row: Row | undefined): Claim | SetAside | undefined {
  if (row === undefined) return undefined;
  const found = readOrSetAside(database, row);
  if ('setAside' in found) return found;
  const { job, lease, round, answer, operation } = found;
  advanceVirtualTime(database, job.lane, round);
  refreshTurn(database, job.line, job.lane, job.origin.userId);
  if (operation !== undefined) takeOverCall(database, lease, operation.trail.call);
  return {
    lease,
    job,
    ...(answer === undefined ? {} : { answer }),
    ...(operation === undefined ? {} : { operation }),
  };
}

/** Returns the earliest time after `nowMs` at which a parked job of the line becomes ready. */
export function nextReady(database: Database, line: ProviderName, nowMs: number): number | undefined {
  const row = database.get(
    `SELECT min(ready_at_ms) AS ready FROM jobs
     WHERE state = 'waiting' AND parked = 1 AND line = ? AND ready_at_ms > ?`,
    line,
    nowMs,
  );
  const ready = row?.['ready'];
  return typeof ready === 'number' ? ready : undefined;
}

/** Stores the progress of a running job, inside the caller's transaction. */
export function checkpointJob(database: Database, { jobId, fence }: JobLease, progress: Progress): boolean {
  const { candidate, attempts, calls, probes = 0 } = progress;
  const changed = database.run(
    `UPDATE jobs SET candidate = ?, attempts = ?, calls = ?, probes = ? WHERE id = ? AND fence = ? AND state = 'running'`,
    candidate,
    attempts,
    calls,
    probes,
    jobId,
    fence,
  );
  return changed === 1;
}

/** Parks a running job; it keeps its queue position. */
export function parkJob(database: Database, lease: JobLease, park: Park): boolean {
  const { line, readyAtMs, reason, progress } = park;
  if (!checkpointJob(database, lease, progress)) return false;
  database.run(
    `UPDATE jobs SET state = 'waiting', parked = 1, line = ?, ready_at_ms = ?, reason = ?, answer = NULL, operation = NULL
     WHERE id = ?`,
    line,
    Math.ceil(readyAtMs),
    reason,
    lease.jobId,
  );
  if (reason === 'keys-cooling' && progress.calls === 0) {
    database.run('UPDATE jobs SET claimed_at_ms = claimed_before_ms WHERE id = ?', lease.jobId);
  }
  return true;
}

/** Requeues a running job before all others, inside the caller's transaction; undoes the start of its deadline. */
export function requeueFrontJob(database: Database, lease: JobLease): boolean {
  const row = database.get(
    `UPDATE jobs SET state = 'waiting', tier = 0, claimed_at_ms = claimed_before_ms
     WHERE id = ? AND fence = ? AND state = 'running' RETURNING *`,
    lease.jobId,
    lease.fence,
  );
  if (row === undefined) return false;
  const { job } = toShownJob(row);
  refreshTurn(database, job.line, job.lane, job.origin.userId);
  return true;
}

/** Requeues a running job before all others from `readyAtMs` on, inside the caller's transaction; its deadline continues. */
export function requeueDelayedJob(database: Database, { jobId, fence }: JobLease, readyAtMs: number): boolean {
  const changed = database.run(
    `UPDATE jobs SET state = 'waiting', tier = 0, parked = 1, ready_at_ms = ?, reason = 'backing-off'
     WHERE id = ? AND fence = ? AND state = 'running'`,
    Math.ceil(readyAtMs),
    jobId,
    fence,
  );
  return changed === 1;
}

const callRow = z.object({ trail: z.string().transform(fromJson).pipe(keptCall) });

/**
 * Stores a call, inside the caller's transaction. Only the newest lease may record a sent call; its end is recorded by
 * the same lease, or by the one that took over its operation.
 */
export function keepCall(database: Database, { jobId, fence }: JobLease, trail: AttemptTrail): boolean {
  const json = JSON.stringify(trail);
  if (trail.ending.kind !== 'sent') {
    if (trail.ending.kind === 'failed') forgetOperation(database, jobId, fence);
    const before = endingBefore(database, jobId, trail.call);
    const sql = 'UPDATE calls SET trail = ? WHERE job_id = ? AND call = ? AND fence = ?';
    if (database.run(sql, json, jobId, trail.call, fence) === 0) return false;
    addCost(database, jobId, trail, before !== 'sent' && before !== 'submitted');
    return true;
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

function endingBefore(database: Database, jobId: JobId, call: number): unknown {
  const sql = `SELECT trail ->> '$.ending.kind' AS ending FROM calls WHERE job_id = ? AND call = ?`;
  return database.get(sql, jobId, call)?.['ending'];
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
