import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { AttemptTrail } from '../../../domain/attempt-trail.ts';
import { type FailureReason, failureTraits, isResultReason } from '../../../domain/failure.ts';
import { isProviderName, keyId } from '../../../domain/ids.ts';
import type { DayCalls, JobLease } from '../../../domain/job-engine.ts';
import { jobKinds } from '../../../domain/kinds.ts';
import { type Usage, usageFigures } from '../../../domain/provider.ts';
import { type Database, numberOf } from '../connection.ts';

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

const jobsPerPage = 500;
/** The longest time from a job's acceptance to its last call: the wait in line plus the job's deadline. */
const maxJobAgeMs = 2 * 86_400_000;

const counted = z.object({
  day: z.string(),
  line: z.string().refine(isProviderName),
  model: z.string(),
  kind: z.enum(jobKinds),
  keyId: z.string().transform(keyId),
  keyName: z.string(),
  calls: z.number(),
  answered: z.number(),
  failed: z.number(),
});
/** NULL where no answer reported the figure. */
const reportedUsage = z.record(z.enum(usageFigures), z.number().nullable());
const sums = usageFigures.map((figure) => `sum(trail ->> '$.ending.usage.${figure}') AS ${figure}`).join(', ');

/** Counts the calls since `sinceMs` by day, model and key, in pages so that other work runs in between. */
export async function callsByDay(database: Database, sinceMs: number): Promise<readonly DayCalls[]> {
  const days = new Map<string, DayCalls>();
  let upTo = numberOf(database.get('SELECT coalesce(max(seq), 0) AS newest FROM jobs'), 'newest');
  while (upTo > 0) {
    for (const found of countPage(database, upTo, sinceMs)) {
      const name = [found.day, found.line, found.model, found.kind, found.keyId].join('\n');
      days.set(name, sum(days.get(name), found));
    }
    upTo = nextPage(database, upTo, sinceMs);
    await setImmediate();
  }
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
}

function countPage(database: Database, upTo: number, sinceMs: number): readonly DayCalls[] {
  return database
    .all(
      `SELECT date((trail ->> '$.startedAtMs') / 1000, 'unixepoch') AS day, trail ->> '$.candidate.provider' AS line,
         trail ->> '$.candidate.model' AS model, kind, trail ->> '$.keyId' AS keyId,
         max(trail ->> '$.keyName') AS keyName, count(*) AS calls,
         sum(trail ->> '$.ending.kind' = 'answered') AS answered, sum(trail ->> '$.ending.kind' = 'failed') AS failed,
         ${sums}
       FROM (SELECT id, kind FROM jobs WHERE seq <= ? ORDER BY seq DESC LIMIT ?) AS page
       JOIN calls ON calls.job_id = page.id
       WHERE json_valid(trail) AND trail ->> '$.startedAtMs' >= ? AND trail ->> '$.ending.kind' <> 'not-sent'
       GROUP BY 1, 2, 3, 4, 5`,
      upTo,
      jobsPerPage,
      Math.floor(sinceMs),
    )
    .flatMap((row) => {
      // Calls in the format of another version are not counted.
      const known = counted.safeParse(row);
      const used = reportedUsage.safeParse(Object.fromEntries(usageFigures.map((figure) => [figure, row[figure]])));
      return known.success && used.success ? [{ ...known.data, used: usageOf(used.data) }] : [];
    });
}

/** Finds the newest job that is not counted yet; 0 when no other job can have calls since then. */
function nextPage(database: Database, upTo: number, sinceMs: number): number {
  const next = database.get(
    'SELECT seq, accepted_at_ms FROM jobs WHERE seq <= ? ORDER BY seq DESC LIMIT 1 OFFSET ?',
    upTo,
    jobsPerPage,
  );
  if (next === undefined || numberOf(next, 'accepted_at_ms') < sinceMs - maxJobAgeMs) return 0;
  return numberOf(next, 'seq');
}

function sum(before: DayCalls | undefined, found: DayCalls): DayCalls {
  if (before === undefined) return found;
  return {
    ...found,
    calls: before.calls + found.calls,
    answered: before.answered + found.answered,
    failed: before.failed + found.failed,
    used: usageOf(
      Object.fromEntries(usageFigures.map((figure) => [figure, sumOf(before.used[figure], found.used[figure])])),
    ),
  };
}

function sumOf(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : one + (other ?? 0);
}

function usageOf(figures: Readonly<Partial<Record<keyof Usage, number | null | undefined>>>): Usage {
  return Object.fromEntries(
    usageFigures.flatMap((figure) => {
      const value = figures[figure];
      return value === undefined || value === null ? [] : [[figure, value]];
    }),
  );
}
