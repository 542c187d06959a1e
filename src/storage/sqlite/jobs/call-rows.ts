import { z } from 'zod';
import type { AttemptTrail } from '../../../domain/attempt-trail.ts';
import { type FailureReason, failureTraits, isResultReason } from '../../../domain/failure.ts';
import { isProviderName, keyId } from '../../../domain/ids.ts';
import type { JobLease } from '../../../domain/job-engine.ts';
import type { Usage } from '../../../domain/provider.ts';
import type { Database } from '../connection.ts';

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

/** Transfers the call of a running operation to the lease: only that lease may record how it ended. */
export function takeOverCall(database: Database, { jobId, fence }: JobLease, call: number): void {
  database.run('UPDATE calls SET fence = ? WHERE job_id = ? AND call = ?', fence, jobId, call);
}
