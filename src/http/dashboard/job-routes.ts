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

const keyTests = createRoute({
  method: 'post',
  path: '/api/keys/tests',
  tags: ['keys'],
  summary: 'Ask the providers whether they accept these keys, without spending anything',
  request: { body: body(z.object({ keys: z.array(z.string().max(100)).min(1).max(100) })) },
  responses: {
    200: answer(
      z.object({
        tests: z.array(
          z.object({
            id: z.string(),
            name: z.string(),
            ok: z.boolean(),
            reason: z.string().optional(),
            detail: z.string().optional(),
          }),
        ),
      }),
      'One for each key whose provider can be asked.',
    ),
    ...problems({ 400: 'It is not as described.' }),
  },
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

/** The story of a job in words, and tests of keys. */
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
    api.openapi(keyTests, async (c) => {
      const tests = await admin.keys.test(c.req.valid('json').keys.map(keyId));
      return c.json({ tests: tests.map(testOf) }, 200);
    });
  };
}

function testOf({ id, name, ok, reason, detail }: KeyTest) {
  return { id, name, ok, ...(reason === undefined ? {} : { reason }), ...(detail === undefined ? {} : { detail }) };
}
