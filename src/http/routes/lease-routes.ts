import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { KeyLending, LeaseReport, Lending, LentKey } from '../../domain/key-leases.ts';
import { type RouteGroup, answer, body, problem, problems } from '../api.ts';

const maxTtlS = 3_600;
const defaultTtlS = 60;
const maxWaitS = 120;

const seconds = (most: number, usual: number) =>
  z
    .string()
    .regex(/^[0-9]{1,4}(?:\.[0-9]{1,3})?$/, 'a number of seconds')
    .transform(Number)
    .refine((number) => number <= most, `at most ${most}`)
    .default(usual);

const leaseSchema = z
  .object({
    lease: z.string(),
    fence: z.int(),
    provider: z.string(),
    /** Null where only a provider was asked for. */
    model: z.string().nullable(),
    key: z.string(),
    keyName: z.string(),
    expiresAt: z.number(),
  })
  .openapi('Lease');

const fence = z.int().min(1);
const ms = z.number().min(0).max(86_400_000);
const headerValues = z.record(z.string().max(200), z.string().max(4_096));

const reportSchema = z
  .union([
    z.strictObject({ fence, ok: z.literal(true), ms }),
    z.strictObject({
      fence,
      ok: z.literal(false).optional(),
      status: z.int().min(100).max(599),
      headers: headerValues.optional(),
      body: z.string().optional(),
      ms: ms.optional(),
    }),
    z.strictObject({
      fence,
      ok: z.literal(false).optional(),
      error: z.enum(['timed-out', 'unreachable']),
      ms: ms.optional(),
    }),
  ])
  .openapi('LeaseReport');

const understoodSchema = z
  .object({
    /** What was understood: the same words as in the log and in the trail of a job. */
    result: z.enum(['succeeded', 'failed', 'unused']),
    blame: z.enum(['key', 'model', 'provider', 'request']).optional(),
    reason: z.string().optional(),
    retryAfterMs: z.number().optional(),
  })
  .openapi('LeaseResult');

const stale = { 409: 'The lease has ended, or the fence is an older one: nothing was changed.' };
const params = z.object({ id: z.string().regex(/^[0-9a-f-]{8,64}$/, 'an id of a lease') });
const malformed = { 400: 'It is not as described.' };
const tags = ['leases'];

const lend = createRoute({
  method: 'get',
  path: '/api/keys/{model}',
  tags,
  summary: 'The next key for calls of a model or a provider: one seat, for a time',
  description: 'Slashes and colons in the name of a model are written as they are. The answer contains the key.',
  request: {
    params: z.object({ model: z.string() }),
    query: z.object({ ttl: seconds(maxTtlS, defaultTtlS), wait: seconds(maxWaitS, 0) }),
  },
  responses: {
    200: answer(leaseSchema, 'The seat is yours until expiresAt.'),
    ...problems({ ...malformed, 404: 'There is no such model or provider.', 503: 'No key is free.' }),
  },
});

const renew = createRoute({
  method: 'patch',
  path: '/api/leases/{id}',
  tags,
  summary: 'Keep the seat for longer',
  request: { params, body: body(z.strictObject({ fence, ttl: z.number().min(1).max(maxTtlS).default(defaultTtlS) })) },
  responses: {
    200: answer(z.object({ lease: z.string(), fence, expiresAt: z.number() }), 'Until when it lasts now.'),
    ...problems({ ...malformed, ...stale }),
  },
});

const report = createRoute({
  method: 'post',
  path: '/api/leases/{id}',
  tags,
  summary: 'Give the seat back and tell how the call went; the pool learns from it',
  request: { params, body: body(reportSchema) },
  responses: { 200: answer(understoodSchema, 'What was understood.'), ...problems({ ...malformed, ...stale }) },
});

const giveBack = createRoute({
  method: 'delete',
  path: '/api/leases/{id}',
  tags,
  summary: 'Give the seat back unused',
  request: {
    params,
    query: z.object({
      fence: z
        .string()
        .regex(/^[0-9]{1,16}$/)
        .transform(Number),
    }),
  },
  responses: { 200: answer(understoodSchema, 'It is back.'), ...problems({ ...malformed, ...stale }) },
});

/** Lends seats of keys to other programs. */
export function leaseRoutes(lending: KeyLending): RouteGroup {
  return (api) => {
    api.openAPIRegistry.registerPath(lend);
    // Names of models have slashes, so the name is the rest of the path.
    api.get('/api/keys/:model{.+}', async (c) => {
      const query = lend.request.query.safeParse(c.req.query());
      if (!query.success) {
        const detail = `Cannot lend a key: ttl is up to ${maxTtlS} and wait up to ${maxWaitS} seconds`;
        return problem(c, 400, { code: 'bad-request', detail });
      }
      const { ttl, wait } = query.data;
      const { signal } = c.req.raw;
      const name = c.req.param('model');
      const lent = await lending.lend(name, { ttlMs: Math.max(1, ttl) * 1_000, waitMs: wait * 1_000, signal });
      return lent.kind === 'lent' ? c.json(toLease(lent.lent), 200) : noSeat(c, name, lent);
    });
    api.openapi(renew, (c) => {
      const { id } = c.req.valid('param');
      const { fence: held, ttl } = c.req.valid('json');
      const expiresAt = lending.renew(id, held, ttl * 1_000);
      return expiresAt === undefined ? lost(c) : c.json({ lease: id, fence: held, expiresAt }, 200);
    });
    api.openapi(report, async (c) => {
      const said = c.req.valid('json');
      const result = await lending.report(c.req.valid('param').id, said.fence, reportOf(said));
      if (result.kind === 'stale') return lost(c);
      if (result.kind !== 'failed') return c.json({ result: 'succeeded' as const }, 200);
      const { failure } = result;
      const wait = 'retryAfterMs' in failure ? { retryAfterMs: failure.retryAfterMs } : {};
      return c.json({ result: 'failed' as const, blame: failure.blame, reason: failure.reason, ...wait }, 200);
    });
    api.openapi(giveBack, async (c) => {
      const { id } = c.req.valid('param');
      const result = await lending.report(id, c.req.valid('query').fence, { kind: 'unused' });
      return result.kind === 'stale' ? lost(c) : c.json({ result: 'unused' as const }, 200);
    });
  };
}

function toLease({ id, fence: number, provider, model, key, keyName, expiresAtMs }: LentKey) {
  return {
    lease: id,
    fence: number,
    provider,
    model: model ?? null,
    key: key.reveal(),
    keyName,
    expiresAt: expiresAtMs,
  };
}

function reportOf(said: z.infer<typeof reportSchema>): LeaseReport {
  if (said.ok === true) return { kind: 'succeeded', ms: said.ms };
  const took = said.ms === undefined ? {} : { ms: said.ms };
  if ('error' in said) return { kind: 'unanswered', reason: said.error, ...took };
  const { status, headers = {}, body: text = '' } = said;
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { kind: 'answered', answer: { status, headers: lower, body: text }, ...took };
}

const whyWords = {
  busy: 'every seat carries a call',
  cooling: 'every key is cooling down',
  rejected: 'every key is refused by the provider or disabled',
  'out-of-credit': 'every key is out of credit',
  'no-keys': 'no key is set for it',
} as const satisfies Record<Extract<Lending, { kind: 'none' }>['why'], string>;

function noSeat(c: Context, name: string, lent: Exclude<Lending, { kind: 'lent' }>) {
  if (lent.kind === 'unknown-name') {
    const detail = `There is no provider "${name}", and no model of that name in the chains`;
    return problem(c, 404, { code: 'no-such-model', detail });
  }
  const { why, retryAfterMs } = lent;
  const detail = `No key is free for "${name}": ${whyWords[why]}; GET /api/keys/status says more`;
  return problem(c, 503, { code: why, detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

function lost(c: Context) {
  const detail =
    'The lease has ended or its seat is held under a newer fence: nothing was changed; ask for another one';
  return problem(c, 409, { code: 'lease-lost', detail });
}
