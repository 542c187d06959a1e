import { z } from '@hono/zod-openapi';
import { alertSeverities } from '../../domain/alert.ts';
import { jobKinds, lanes } from '../../domain/kinds.ts';
import { jobSchema } from '../routes/job-routes.ts';
import { keySchema, providerStatusSchema } from '../routes/key-schemas.ts';

const ms = z.number();

const lineSchema = z
  .object({
    line: z.string(),
    waiting: z.object({ premium: z.int(), free: z.int() }),
    running: z.int(),
  })
  .openapi('Line');

const modelSchema = z
  .object({
    kind: z.enum(jobKinds),
    provider: z.string(),
    model: z.string(),
    label: z.string().optional(),
    usualMs: ms.optional(),
    state: z.enum(['served', 'resting', 'gone', 'ended']),
    /** The first UTC day on which it is no longer served. */
    endsOn: z.string().optional(),
    replacedBy: z.string().optional(),
  })
  .openapi('ChainModel');

const budgetSchema = z
  .object({
    /** A provider, `all`, or `each person`. */
    of: z.string(),
    /** Of persons, what the one spent who spent most. */
    spent: z.number(),
    limit: z.number(),
  })
  .openapi('Budget');

export const overviewSchema = z
  .object({
    nowMs: ms,
    lines: z.array(lineSchema),
    /** Ended, and not delivered yet. */
    undelivered: z.int(),
    keys: z.object({ total: z.int(), ready: z.int(), cooling: z.int(), benched: z.int(), disabled: z.int() }),
    providers: z.array(
      providerStatusSchema.extend({
        /** Its keys are accepted, and it serves no model of the chains. */
        isEmpty: z.boolean(),
        /** No call succeeds: it is asked with single calls only. */
        isDown: z.boolean(),
      }),
    ),
    models: z.array(modelSchema).readonly(),
    alerts: z.array(
      z.object({
        id: z.string(),
        severity: z.enum(alertSeverities),
        raisedAtMs: ms,
        what: z.string(),
        advice: z.string(),
      }),
    ),
    /** Of what was spent, and of the budgets. */
    currency: z.string(),
    spentToday: z.number(),
    budgets: z.array(budgetSchema),
  })
  .openapi('Overview');

const percentilesSchema = z.object({ p50Ms: ms, p95Ms: ms });

const countsSchema = z.object({
  requests: z.int(),
  answered: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  callsOfAnswered: z.int(),
  wait: percentilesSchema.optional(),
  untilAnswered: percentilesSchema.optional(),
});

export const historySchema = z
  .object({ stepMs: ms, spans: z.array(countsSchema.extend({ fromMs: ms })).readonly(), total: countsSchema })
  .openapi('History');

export const spendingSchema = z
  .object({
    days: z
      .array(z.object({ day: z.string(), provider: z.string(), calls: z.int(), usd: z.number(), unpriced: z.int() }))
      .readonly(),
    people: z.array(z.object({ userId: z.int(), calls: z.int(), usd: z.number() })).readonly(),
    peopleInAll: z.int(),
    /** Of the gateway; absent where there is none. */
    clients: z
      .array(
        z.object({
          name: z.string(),
          lane: z.enum(lanes),
          kinds: z.array(z.enum(jobKinds)).readonly().optional(),
          budgetPerDay: z.number().optional(),
          ratePerMinute: z.number().optional(),
          spentToday: z.number(),
          calls: z.int(),
          usd: z.number(),
        }),
      )
      .optional(),
  })
  .openapi('Spending');

export const keyPageSchema = z
  .object({
    /** How many keys fit the filter. */
    total: z.int(),
    page: z.int(),
    pages: z.int(),
    /** Of all keys of the provider, by what they are good for. */
    counts: z.object({ all: z.int(), ready: z.int(), cooling: z.int(), benched: z.int(), disabled: z.int() }),
    keys: z.array(keySchema).readonly(),
  })
  .openapi('KeyPage');

export const jobStorySchema = z
  .object({
    job: jobSchema,
    /** How it ended, or where it stands. */
    words: z.string(),
    calls: z.array(
      z.object({
        call: z.int(),
        keyName: z.string(),
        model: z.string(),
        startedAtMs: ms,
        waitedMs: ms,
        ms: ms.optional(),
        ending: z.enum(['not-sent', 'sent', 'submitted', 'answered', 'failed', 'broken-off']),
        /** How the key was chosen, how the call ended, and what the provider said. */
        choice: z.string(),
        words: z.string(),
        detail: z.string().optional(),
      }),
    ),
  })
  .openapi('JobInWords');
