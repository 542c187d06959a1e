import { createRoute, z } from '@hono/zod-openapi';
import type { AdminApi } from '../../domain/admin-api.ts';
import { type CostGroup, costGroups, costReport } from '../../domain/costs.ts';
import { jobKinds, lanes } from '../../domain/kinds.ts';
import type { Clock } from '../../kit/clock.ts';
import { type RouteGroup, answer, problems } from '../api.ts';
import { jobDocument, jobSchema, pageSize, wordsWanted } from './job-routes.ts';

const dayMs = 86_400_000;
const sum = { calls: z.int(), usd: z.number(), unpriced: z.int() };

const costsSchema = z
  .object({
    since: z.string(),
    currency: z.string(),
    total: z.object(sum),
    days: z.array(z.object({ ...sum, day: z.string() })).readonly(),
    group: z.enum(costGroups),
    by: z.array(z.object({ ...sum, name: z.string() })).readonly(),
  })
  .openapi('Costs');

const personSchema = z
  .object({
    id: z.int(),
    lane: z.enum(lanes),
    locale: z.string().nullable(),
    premiumUntilMs: z.number().nullable(),
    usedToday: z.record(z.enum(jobKinds), z.int()),
    openJobs: z.int(),
    block: z.object({ sinceMs: z.number(), reason: z.string().nullable() }).nullable(),
    /** While they rest after refusals. */
    restUntilMs: z.number().nullable(),
    /** The refusals that still count. */
    strikes: z.int(),
    /** The latest ones; prompts only where words were asked for. */
    jobs: z.array(jobSchema),
  })
  .openapi('Person');

const auditSchema = z.object({
  entries: z
    .array(z.object({ seq: z.int(), atMs: z.number(), by: z.string(), action: z.string(), target: z.string() }))
    .readonly(),
  next: z.int().nullable(),
});

const malformed = { 400: 'It is not as described.' };

const costs = createRoute({
  method: 'get',
  path: '/api/costs',
  tags: ['costs'],
  summary: 'What was spent, by UTC day and by provider, key, model, person or kind',
  request: {
    query: z.object({
      days: z
        .string()
        .regex(/^[1-9][0-9]{0,3}$/, 'a number of days')
        .transform(Number)
        .default(7),
      by: z.enum(costGroups).default('provider' satisfies CostGroup),
    }),
  },
  responses: { 200: answer(costsSchema, 'Sums, dearest first.'), ...problems(malformed) },
});

const person = createRoute({
  method: 'get',
  path: '/api/people/{id}',
  tags: ['people'],
  summary: 'A person by number; no words of theirs unless asked for, which is noted in the audit log',
  request: {
    params: z.object({
      id: z
        .string()
        .regex(/^[1-9][0-9]{0,15}$/, 'a Telegram user id')
        .transform(Number),
    }),
    query: z.object({ words: wordsWanted }),
  },
  responses: { 200: answer(personSchema, 'Also somebody who never wrote.'), ...problems(malformed) },
});

const audit = createRoute({
  method: 'get',
  path: '/api/audit',
  tags: ['audit'],
  summary: 'What operators did, newest first, a page at a time',
  request: {
    query: z.object({
      count: pageSize,
      before: z
        .string()
        .regex(/^[0-9]{1,15}$/)
        .transform(Number)
        .optional(),
    }),
  },
  responses: { 200: answer(auditSchema, 'A page; next goes into before.'), ...problems(malformed) },
});

const latestJobs = 20;

export type RecordRoutesOptions = {
  readonly admin: Pick<AdminApi, 'costs' | 'people' | 'audit' | 'jobs' | 'note'>;
  readonly currency: string;
  readonly clock: Pick<Clock, 'now'>;
};

/** Shows what was spent, people by number, and what operators did. */
export function recordRoutes({ admin, currency, clock }: RecordRoutesOptions): RouteGroup {
  return (api) => {
    api.openapi(costs, async (c) => {
      const { days, by } = c.req.valid('query');
      const sinceMs = clock.now() - (days - 1) * dayMs;
      const since = new Date(sinceMs).toISOString().slice(0, 10);
      return c.json(costReport(await admin.costs(sinceMs), by, { since, currency }), 200);
    });
    api.openapi(person, async (c) => {
      const { id } = c.req.valid('param');
      const { words } = c.req.valid('query');
      if (words) await admin.note('read-words', `person ${id}`);
      const { user, lane, usedToday, openJobs, restrictions } = await admin.people.find(id);
      const past = await admin.jobs.list({ count: latestJobs, userId: id });
      const jobs = past.map((job) => jobDocument(job, words));
      const { locale = null, premiumUntilMs = null } = user;
      const { restUntilMs = null, strikes } = restrictions;
      const block = restrictions.block && {
        sinceMs: restrictions.block.sinceMs,
        reason: restrictions.block.reason ?? null,
      };
      const barred = { block: block ?? null, restUntilMs, strikes };
      return c.json({ id, lane, locale, premiumUntilMs, usedToday, openJobs, ...barred, jobs }, 200);
    });
    api.openapi(audit, async (c) => {
      const { count, before } = c.req.valid('query');
      const found = await admin.audit({ count: count + 1, ...(before === undefined ? {} : { before }) });
      const entries = found.slice(0, count);
      return c.json({ entries, next: found.length > count ? (entries.at(-1)?.seq ?? null) : null }, 200);
    });
  };
}
