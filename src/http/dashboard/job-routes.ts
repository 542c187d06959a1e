import { createRoute, z } from '@hono/zod-openapi';
import type { AdminApi, KeyTest } from '../../domain/admin-api.ts';
import type { AttemptTrail } from '../../domain/attempt-trail.ts';
import { jobId, keyId } from '../../domain/ids.ts';
import type { PastJob } from '../../domain/job-engine.ts';
import { type RouteGroup, answer, body, problem, problems } from '../api.ts';
import { jobDocument, opaqueId } from '../routes/job-routes.ts';
import { jobStorySchema } from './overview-schemas.ts';

const tags = ['dashboard'];

const jobStory = createRoute({
  method: 'get',
  path: '/api/overview/jobs/{id}',
  tags,
  summary: 'Every call of a job, in order, and how each ended',
  request: { params: z.object({ id: opaqueId }) },
  responses: {
    200: answer(jobStorySchema, 'Its story.'),
    ...problems({ 400: 'It is not as described.', 404: 'There is no such job.' }),
  },
});

const keyChangeSchema = z.object({
  action: z.enum(['wake', 'disable', 'enable', 'test']),
  keys: z.array(z.string().max(100)).min(1).max(100),
});

const keyChangedSchema = z.object({
  /** How many keys changed, or passed their test. */
  count: z.int(),
  tests: z.array(
    z.object({ name: z.string(), ok: z.boolean(), reason: z.string().optional(), detail: z.string().optional() }),
  ),
});

const keyChange = createRoute({
  method: 'post',
  path: '/api/overview/keys',
  tags,
  summary: 'Wakes, disables, enables or tests keys; a test is free',
  request: { body: body(keyChangeSchema) },
  responses: { 200: answer(keyChangedSchema, 'What became of it.'), ...problems({ 400: 'It is not as described.' }) },
});

/** The story of a job in English. */
export type StoryWords = {
  readonly job: (past: PastJob, calls: number) => string;
  readonly choice: (trail: AttemptTrail) => string;
  readonly ending: (trail: AttemptTrail) => { readonly words: string; readonly detail?: string };
};

export type JobRoutesOptions = {
  readonly admin: Pick<AdminApi, 'jobs' | 'keys'>;
  readonly words: StoryWords;
};

/** The story of a job in words, and what the dashboard does with keys. */
export function dashboardJobRoutes({ admin, words }: JobRoutesOptions): RouteGroup {
  return (api) => {
    api.openapi(jobStory, async (c) => {
      const id = jobId(c.req.valid('param').id);
      const past = await admin.jobs.find(id);
      if (past === undefined) {
        return problem(c, 404, { code: 'no-such-job', detail: `There is no job "${id}"; it may have been deleted` });
      }
      const trail = await admin.jobs.trail(id);
      const calls = trail.map((call) => ({
        call: call.call,
        keyName: call.keyName,
        model: `${call.candidate.provider}:${call.candidate.model}`,
        startedAtMs: call.startedAtMs,
        waitedMs: call.waitedMs,
        ...('ms' in call.ending ? { ms: call.ending.ms } : {}),
        ending: call.ending.kind,
        choice: words.choice(call),
        ...words.ending(call),
      }));
      return c.json({ job: jobDocument(past, false), words: words.job(past, trail.length), calls }, 200);
    });
    api.openapi(keyChange, async (c) => {
      const { action, keys } = c.req.valid('json');
      const ids = keys.map(keyId);
      if (action === 'test') {
        const tests = await admin.keys.test(ids);
        return c.json({ count: tests.filter(({ ok }) => ok).length, tests: tests.map(testOf) }, 200);
      }
      const change = await admin.keys[action](ids);
      return c.json({ count: change.kind === 'done' ? change.value : 0, tests: [] }, 200);
    });
  };
}

function testOf({ name, ok, reason, detail }: KeyTest) {
  return { name, ok, ...(reason === undefined ? {} : { reason }), ...(detail === undefined ? {} : { detail }) };
}
