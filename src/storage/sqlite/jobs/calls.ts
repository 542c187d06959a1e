import { z } from 'zod';
import type { AttemptTrail } from '../../../domain/attempt-trail.ts';
import { type FailureReason, failureTraits } from '../../../domain/failure.ts';
import { type JobId, keyId, isProviderName } from '../../../domain/ids.ts';
import type { JobLease, Claim, KnownAnswer } from '../../../domain/job-engine.ts';
import type { Usage } from '../../../domain/provider.ts';
import { type Database, fromJson } from '../connection.ts';
import type { Progress } from '../../../domain/job.ts';
import { checkpointJob, started, startColumns } from './claim.ts';
import type { SetAside } from './settle.ts';

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
  z.object({ kind: z.literal('answered'), ms: z.number(), usage: usage.exactOptional() }),
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

const kept: z.ZodType<AttemptTrail> = z.object({
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

const callRow = z.object({ trail: z.string().transform(fromJson).pipe(kept) });

/** Keeps a call, inside the caller's transaction: only the newest lease may send one, and who sent it may end it. */
export function keepCall(database: Database, { jobId, fence }: JobLease, trail: AttemptTrail): boolean {
  const json = JSON.stringify(trail);
  if (trail.ending.kind !== 'sent') {
    const sql = 'UPDATE calls SET trail = ? WHERE job_id = ? AND call = ? AND fence = ?';
    return database.run(sql, json, jobId, trail.call, fence) === 1;
  }
  const counted = database.run(
    `UPDATE jobs SET calls = max(calls, ?) WHERE id = ? AND fence = ? AND state = 'running'`,
    trail.call,
    jobId,
    fence,
  );
  if (counted === 0) return false;
  const sql = 'INSERT OR REPLACE INTO calls (job_id, call, fence, trail) VALUES (?, ?, ?, ?)';
  return database.run(sql, jobId, trail.call, fence, json) === 1;
}

/** Every call of the job in order, but for those that another version has noted in its own way. */
export function callsOf(database: Database, id: JobId): readonly AttemptTrail[] {
  return database.all('SELECT trail FROM calls WHERE job_id = ? ORDER BY call', id).flatMap((row) => {
    const call = callRow.safeParse(row);
    return call.success ? [call.data.trail] : [];
  });
}

/** Keeps what a running job was answered, inside the caller's transaction. */
export function keepAnswer(
  database: Database,
  lease: JobLease,
  trail: AttemptTrail,
  progress: Progress,
  answer: KnownAnswer,
): boolean {
  if (!checkpointJob(database, lease, progress)) return false;
  keepCall(database, lease, trail);
  return database.run('UPDATE jobs SET answer = ? WHERE id = ?', JSON.stringify(answer), lease.jobId) === 1;
}

/** Hands out a waiting job that needs no provider any more, inside the caller's transaction. */
export function claimWithAnswer(database: Database, owner: string): Claim | SetAside | undefined {
  const row = database.get(
    `UPDATE jobs SET ${startColumns} WHERE seq = (
       SELECT seq FROM jobs WHERE state = 'waiting' AND answer IS NOT NULL AND parked = 0 ORDER BY seq LIMIT 1
     ) RETURNING *`,
    owner,
  );
  return started(database, row);
}
