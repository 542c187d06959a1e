import { createRoute, z } from '@hono/zod-openapi';
import type { AdminApi } from '../../domain/admin-api.ts';
import { failureTraits } from '../../domain/failure.ts';
import type { AttemptTrail } from '../../domain/attempt-trail.ts';
import { jobId } from '../../domain/ids.ts';
import type { PastJob } from '../../domain/job-engine.ts';
import { filesOf, type Job, sizeOf } from '../../domain/job.ts';
import { jobKinds, lanes } from '../../domain/kinds.ts';
import { type RouteGroup, answer, problem, problems } from '../api.ts';

export const maxPageSize = 100;
const ms = z.number();
const states = ['waiting', 'running', 'ended', 'told'] as const;

/** How many of a list are answered at once. */
export const pageSize = z
  .string()
  .regex(/^[0-9]{1,3}$/, 'a whole number')
  .transform(Number)
  .refine((count) => count >= 1 && count <= maxPageSize, `1 to ${maxPageSize}`)
  .default(20);

/** Asks for the words of people; who does is noted in the audit log. */
export const wordsWanted = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .default(false);

export const jobSchema = z
  .object({
    id: z.string(),
    kind: z.enum(jobKinds),
    lane: z.enum(lanes),
    /** Who asked. */
    userId: z.int(),
    /** Only where words were asked for. */
    prompt: z.string().optional(),
    line: z.string(),
    state: z.enum(states),
    acceptedAtMs: ms,
    claimedAtMs: ms.nullable(),
    endedAtMs: ms.nullable(),
    waiting: z.object({ readyAtMs: ms, reason: z.string().nullable() }).nullable(),
    outcome: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('result'), model: z.string(), files: z.int(), bytes: z.int().nullable() }),
        z.object({ kind: z.literal('failed'), code: z.string(), againAtMs: ms.nullable() }),
        z.object({ kind: z.literal('cancelled') }),
      ])
      .nullable(),
    calls: z.int(),
  })
  .openapi('Job');

const callSchema = z
  .object({
    call: z.int(),
    provider: z.string(),
    model: z.string(),
    attempt: z.int(),
    of: z.int(),
    keyId: z.string(),
    keyName: z.string(),
    choice: z.object({
      why: z.string(),
      of: z.int(),
      skipped: z.record(z.string(), z.int().optional()),
      expectedMs: ms.nullable(),
    }),
    waitedMs: ms,
    startedAtMs: ms,
    ending: z.object({
      kind: z.string(),
      ms: ms.nullable(),
      usd: z.number().nullable(),
      reason: z.string().nullable(),
      detail: z.string().nullable(),
      scope: z.string().nullable(),
      action: z.string().nullable(),
    }),
  })
  .openapi('Call');

export const opaqueId = z.string().regex(/^[A-Za-z0-9:_-]{1,128}$/, 'an id of a job');
const tags = ['jobs'];
const noSuchJob = { 400: 'It is not as described.', 404: 'There is no such job.' };

const list = createRoute({
  method: 'get',
  path: '/api/jobs',
  tags,
  summary: 'The jobs accepted last, newest first, a page at a time',
  request: {
    query: z.object({
      count: pageSize,
      before: opaqueId.optional(),
      user: z
        .string()
        .regex(/^[0-9]{1,16}$/)
        .transform(Number)
        .optional(),
      line: z.string().max(40).optional(),
      state: z.enum(states).optional(),
      words: wordsWanted,
    }),
  },
  responses: {
    200: answer(
      z.object({ jobs: z.array(jobSchema), next: z.string().nullable() }),
      'A page; next goes into before for the following one, and is null at the end.',
    ),
    ...problems({ 400: 'It is not as described.' }),
  },
});

const one = createRoute({
  method: 'get',
  path: '/api/jobs/{id}',
  tags,
  summary: 'One job with every call made for it',
  request: { params: z.object({ id: opaqueId }), query: z.object({ words: wordsWanted }) },
  responses: {
    200: answer(jobSchema.extend({ trail: z.array(callSchema) }).openapi('JobStory'), 'The job.'),
    ...problems(noSuchJob),
  },
});

const cancel = createRoute({
  method: 'post',
  path: '/api/jobs/{id}/cancel',
  tags,
  summary: 'End a job; its owner gets the same words as after their own cancel',
  request: { params: z.object({ id: opaqueId }) },
  responses: {
    200: answer(z.object({ id: z.string(), ending: z.literal('cancelled') }), 'It has ended.'),
    ...problems({ ...noSuchJob, 409: 'It had ended before.' }),
  },
});

/** Shows jobs and ends them. */
export function jobRoutes(admin: Pick<AdminApi, 'jobs' | 'note'>): RouteGroup {
  return (api) => {
    api.openapi(list, async (c) => {
      const { count, before, user, line, state, words } = c.req.valid('query');
      if (words) await admin.note('read-words', user === undefined ? 'jobs' : `jobs of ${user}`);
      const found = await admin.jobs.list({
        // One more than asked for tells whether there is a further page.
        count: count + 1,
        ...(before === undefined ? {} : { before: jobId(before) }),
        ...(user === undefined ? {} : { userId: user }),
        ...(line === undefined ? {} : { line }),
        ...(state === undefined ? {} : { state }),
      });
      const jobs = found.slice(0, count).map((past) => jobDocument(past, words));
      return c.json({ jobs, next: found.length > count ? (jobs.at(-1)?.id ?? null) : null }, 200);
    });
    api.openapi(one, async (c) => {
      const { id } = c.req.valid('param');
      const { words } = c.req.valid('query');
      const past = await admin.jobs.find(jobId(id));
      if (past === undefined) return problem(c, 404, unknownJob(id));
      if (words) await admin.note('read-words', `job ${id}`);
      const trail = await admin.jobs.trail(past.job.id);
      return c.json({ ...jobDocument(past, words), trail: trail.map(callDocument) }, 200);
    });
    api.openapi(cancel, async (c) => {
      const { id } = c.req.valid('param');
      const change = await admin.jobs.cancel(jobId(id));
      const ending = change.kind === 'done' ? change.value : 'cancelled';
      if (ending === 'not-found') return problem(c, 404, unknownJob(id));
      if (ending === 'cancelled') return c.json({ id, ending }, 200);
      return problem(c, 409, { code: 'too-late', detail: `Cannot cancel the job ${id}: it has ended` });
    });
  };
}

function unknownJob(id: string) {
  return { code: 'no-such-job', detail: `There is no job ${id}; GET /api/jobs lists those that are kept` };
}

/** A job without the words of its person, unless they are wanted. */
export function jobDocument({ job, endedAtMs }: PastJob, words: boolean): z.infer<typeof jobSchema> {
  const { id, kind, lane, prompt, line, state, acceptedAtMs, claimedAtMs, progress, origin } = job;
  return {
    id,
    kind,
    lane,
    userId: origin.userId,
    ...(words ? { prompt } : {}),
    line,
    state: state.kind,
    acceptedAtMs,
    claimedAtMs: claimedAtMs ?? null,
    endedAtMs: endedAtMs ?? null,
    waiting: state.kind === 'waiting' ? { readyAtMs: state.readyAtMs, reason: state.reason ?? null } : null,
    outcome: outcomeDocument(job),
    calls: progress.calls,
  };
}

function outcomeDocument({ state }: Job): z.infer<typeof jobSchema>['outcome'] {
  if (state.kind !== 'ended' && state.kind !== 'told') return null;
  const { outcome } = state;
  if (outcome.kind === 'cancelled') return { kind: 'cancelled' };
  if (outcome.kind === 'failed') return { kind: 'failed', code: outcome.code, againAtMs: outcome.againAtMs ?? null };
  const { bytes } = sizeOf(outcome.payload);
  return { kind: 'result', model: outcome.model, files: filesOf(outcome.payload).length, bytes: bytes ?? null };
}

/** One call as a story tells it; the same facts as `darkroom explain`. */
export function callDocument({ candidate, choice, ending, ...call }: AttemptTrail): z.infer<typeof callSchema> {
  const failed = ending.kind === 'failed' ? ending : undefined;
  return {
    ...call,
    ...candidate,
    choice: { ...choice, expectedMs: choice.expectedMs ?? null },
    ending: {
      kind: ending.kind,
      ms: 'ms' in ending ? ending.ms : null,
      usd: ending.kind === 'answered' ? (ending.usd ?? null) : null,
      reason: failed?.reason ?? null,
      detail: failed?.detail ?? null,
      scope: failed === undefined ? null : failureTraits[failed.reason].scope,
      action: failed === undefined ? null : failureTraits[failed.reason].action,
    },
  };
}
