import { z } from 'zod';
import type { AttemptTrail } from '../../../domain/attempt-trail.ts';
import { isProviderName, type JobId, keyId } from '../../../domain/ids.ts';
import type { DayCost } from '../../../domain/costs.ts';
import { type JobKind, jobKinds } from '../../../domain/kinds.ts';
import type { Database, Steps } from '../../database.ts';
import { fromJson, parseRow } from '../../rows.ts';
import { type FailureReason, failureTraits, isResultReason } from '../../../domain/failure.ts';
import type { JobLease, KnownAnswer, KnownOperation } from '../../../domain/job-engine.ts';
import type { Operation, Usage } from '../../../domain/provider.ts';
import type { Progress } from '../../../domain/job.ts';

export const microsInUsd = 1_000_000;

/**
 * Adds what an answered call cost to its day, inside the caller's transaction. `of` is what was called for, where that is
 * not what the job is; otherwise the call is one that the lease has stored and whose end is not stored yet, so that it is
 * counted once, however often its end is stored.
 */
export function* addCost(
  database: Database,
  { jobId, fence }: Pick<JobLease, 'jobId'> & Partial<JobLease>,
  trail: AttemptTrail,
  of?: JobKind,
): Steps<void> {
  const { ending, candidate, startedAtMs, call } = trail;
  if (ending.kind !== 'answered') return;
  yield* database.run(
    `INSERT INTO costs (day, provider, model, kind, key_id, key_name, user_id, calls, micro_usd, unpriced)
     SELECT ?, ?, ?, coalesce(?, kind), ?, ?, iif(forgotten = 1, 0, user_id), 1, ?, ? FROM jobs
     WHERE id = ? AND (? OR EXISTS (SELECT 1 FROM calls WHERE job_id = jobs.id AND call = ? AND calls.fence = ?
       AND trail ->> '$.ending.kind' IN ('sent', 'submitted')))
     ON CONFLICT DO UPDATE SET key_name = excluded.key_name, calls = costs.calls + 1,
       micro_usd = costs.micro_usd + excluded.micro_usd, unpriced = costs.unpriced + excluded.unpriced`,
    utcDay(startedAtMs + ending.ms),
    candidate.provider,
    candidate.model,
    of ?? null,
    trail.keyId,
    trail.keyName,
    Math.round((ending.usd ?? 0) * microsInUsd),
    ending.usd === undefined ? 1 : 0,
    jobId,
    of === undefined ? 0 : 1,
    call,
    fence ?? null,
  );
}

const costRow = z
  .object({
    day: z.string(),
    provider: z.string().refine(isProviderName),
    model: z.string(),
    kind: z.enum(jobKinds),
    key_id: z.string().transform(keyId),
    key_name: z.string(),
    user_id: z.number(),
    calls: z.number(),
    micro_usd: z.number(),
    unpriced: z.number(),
    client: z.string().nullable(),
  })
  .transform(({ key_id: key, key_name: keyName, user_id: userId, micro_usd: micros, client, ...row }): DayCost => ({
    ...row,
    ...(client === null ? {} : { client }),
    keyId: key,
    keyName,
    userId,
    usd: micros / microsInUsd,
  }));

/** What was spent since the UTC day of this moment, by day; rows of another version's kinds are left out. */
export function* costsSince(database: Database, sinceMs: number): Steps<readonly DayCost[]> {
  const rows = yield* database.all(
    `SELECT costs.*, api_clients.name AS client FROM costs
       LEFT JOIN api_clients ON api_clients.id = -costs.user_id WHERE day >= ? AND kind IN (${jobKinds.map(() => '?').join(', ')})
       ORDER BY day, provider, model, kind, key_id, user_id`,
    utcDay(Math.max(0, sinceMs)),
    ...jobKinds,
  );
  return rows.map((row) => parseRow('costs', costRow, row));
}

/** What the person spent is kept without their number. */
export function* forgetSpender(database: Database, userId: number): Steps<void> {
  yield* database.run(
    `INSERT INTO costs SELECT day, provider, model, kind, key_id, key_name, 0, calls, micro_usd, unpriced
     FROM costs WHERE user_id = ?
     ON CONFLICT DO UPDATE SET calls = costs.calls + excluded.calls,
       micro_usd = costs.micro_usd + excluded.micro_usd, unpriced = costs.unpriced + excluded.unpriced`,
    userId,
  );
  yield* database.run('DELETE FROM costs WHERE user_id = ?', userId);
}

/** The UTC day of a moment: `2026-01-31`. */
export function utcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

const reasons = Object.keys(failureTraits) as [FailureReason, ...FailureReason[]];

const usage: z.ZodType<Usage> = z.object({
  cost: z.number().exactOptional(),
  inputTokens: z.number().exactOptional(),
  outputTokens: z.number().exactOptional(),
  seconds: z.number().exactOptional(),
  images: z.number().exactOptional(),
  credits: z.number().exactOptional(),
});

const ending: z.ZodType<AttemptTrail['ending']> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('not-sent') }),
  z.object({ kind: z.literal('sent') }),
  z.object({ kind: z.literal('submitted'), ms: z.number() }),
  z.object({
    kind: z.literal('answered'),
    ms: z.number(),
    usage: usage.exactOptional(),
    usd: z.number().exactOptional(),
    refused: z.object({ reason: z.enum(reasons.filter(isResultReason)), detail: z.string() }).exactOptional(),
  }),
  z.object({
    kind: z.literal('failed'),
    reason: z.enum(reasons),
    sureness: z.enum(['sure', 'likely', 'guess']),
    detail: z.string(),
    ms: z.number(),
  }),
  z.object({ kind: z.literal('broken-off'), ms: z.number() }),
]);

const choice: z.ZodType<AttemptTrail['choice']> = z.object({
  why: z.enum([
    'only-one',
    'soonest',
    'better-of-two',
    'explored',
    'half-open',
    'in-turn',
    'least-used',
    'by-weight',
    'first-in-order',
  ]),
  of: z.number(),
  skipped: z.object({
    cooling: z.number().exactOptional(),
    benched: z.number().exactOptional(),
    disabled: z.number().exactOptional(),
    busy: z.number().exactOptional(),
    'other-model': z.number().exactOptional(),
    'just-failed': z.number().exactOptional(),
    slow: z.number().exactOptional(),
  }),
  expectedMs: z.number().exactOptional(),
});

/** The schema of a stored call. */
export const keptCall: z.ZodType<AttemptTrail> = z.object({
  call: z.number(),
  candidate: z.object({ provider: z.string().refine(isProviderName), model: z.string() }),
  attempt: z.number(),
  of: z.number(),
  keyId: z.string().transform(keyId),
  keyName: z.string(),
  choice,
  waitedMs: z.number(),
  startedAtMs: z.number(),
  ending,
});

const callRow = z.object({ trail: z.string().transform(fromJson).pipe(keptCall) });

/**
 * Stores a call, inside the caller's transaction. Only the newest lease may record a sent call; its end is recorded by
 * the same lease, or by the one that took over its operation.
 */
export function* keepCall(database: Database, { jobId, fence }: JobLease, trail: AttemptTrail): Steps<boolean> {
  const json = JSON.stringify(trail);
  if (trail.ending.kind !== 'sent') {
    yield* lockCalls(database, jobId);
    if (trail.ending.kind === 'failed') yield* forgetOperation(database, jobId, fence);
    yield* addCost(database, { jobId, fence }, trail);
    const sql = 'UPDATE calls SET trail = ? WHERE job_id = ? AND call = ? AND fence = ?';
    return (yield* database.run(sql, json, jobId, trail.call, fence)) === 1;
  }
  const counted = yield* database.run(
    `UPDATE jobs SET calls = max(calls, ?), operation = NULL WHERE id = ? AND fence = ? AND state = 'running'`,
    trail.call,
    jobId,
    fence,
  );
  if (counted === 0) return false;
  const sql = 'INSERT OR REPLACE INTO calls (job_id, call, fence, trail) VALUES (?, ?, ?, ?)';
  return (yield* database.run(sql, jobId, trail.call, fence, json)) === 1;
}

/** Removes a failed operation, so that it is not polled again. */
function* forgetOperation(database: Database, jobId: JobId, fence: number): Steps<void> {
  const sql = 'UPDATE jobs SET operation = NULL WHERE id = ? AND fence = ? AND operation IS NOT NULL';
  yield* database.run(sql, jobId, fence);
}

/** Returns every call of the job in order, except those in the format of another version. */
export function* callsOf(database: Database, id: JobId): Steps<readonly AttemptTrail[]> {
  const rows = yield* database.all('SELECT trail FROM calls WHERE job_id = ? ORDER BY call', id);
  return rows.flatMap((row) => {
    const call = callRow.safeParse(row);
    return call.success ? [call.data.trail] : [];
  });
}

/**
 * Stores the answer of a running job, inside the caller's transaction. An answer that holds the file itself is not stored
 * where the operation that brought it is: after a crash the operation is asked again, and answers the same.
 */
export function* keepAnswer(
  database: Database,
  lease: JobLease,
  trail: AttemptTrail,
  progress: Progress,
  answer: KnownAnswer,
): Steps<boolean> {
  const set = holdsFile(answer) ? 'answer = iif(operation IS NULL, ?, NULL)' : 'answer = ?, operation = NULL';
  if (!(yield* checkpointJob(database, lease, progress, [set, JSON.stringify(answer)]))) return false;
  yield* keepCall(database, lease, trail);
  return true;
}

function holdsFile({ text, url, further = [] }: KnownAnswer): boolean {
  return text === undefined && (url === undefined || further.includes(null));
}

/** Stores the operation of a running job, inside the caller's transaction. */
export function* keepOperation(
  database: Database,
  lease: JobLease,
  trail: AttemptTrail,
  progress: Progress,
  operation: Operation,
): Steps<boolean> {
  const known: KnownOperation = { trail, operation };
  if (!(yield* checkpointJob(database, lease, progress, ['operation = ?', JSON.stringify(known)]))) return false;
  yield* keepCall(database, lease, trail);
  return true;
}

/** Stores the progress of a running job, and what else is set, inside the caller's transaction. */
export function* checkpointJob(
  database: Database,
  { jobId, fence }: JobLease,
  { candidate, attempts, calls, probes = 0 }: Progress,
  [set, value]: readonly [sql?: string, value?: string] = [],
): Steps<boolean> {
  const changed = yield* database.run(
    `UPDATE jobs SET candidate = ?, attempts = ?, calls = ?, probes = ?${set === undefined ? '' : `, ${set}`}
     WHERE id = ? AND fence = ? AND state = 'running'`,
    candidate,
    attempts,
    calls,
    probes,
    ...(value === undefined ? [] : [value]),
    jobId,
    fence,
  );
  return changed === 1;
}

/** Until the transaction ends nobody else records how a call of this job ended, which also counts its cost. */
const lockCalls = (database: Database, id: JobId) => database.lock(`calls:${id}`);

/** Transfers the call of a running operation to the lease: only that lease may record how it ended. */
export function* takeOverCall(database: Database, { jobId, fence }: JobLease, call: number): Steps<void> {
  yield* lockCalls(database, jobId);
  yield* database.run('UPDATE calls SET fence = ? WHERE job_id = ? AND call = ?', fence, jobId, call);
}
