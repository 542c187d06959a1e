import { createRoute, z } from '@hono/zod-openapi';
import type { AdminApi, RaisedAlert } from '../../domain/admin-api.ts';
import { alertSeverities, type AlertSeverity } from '../../domain/alert.ts';
import type { ProviderName } from '../../domain/ids.ts';
import { acceptsCalls, type KeyState } from '../../domain/key-state.ts';
import { availabilityOf, isUsable, type KeyView } from '../../domain/views.ts';
import { type RouteGroup, answer, problem, problems } from '../api.ts';

const keyHealthSchema = z
  .object({
    keyId: z.string(),
    isHealthy: z.boolean(),
    errorCount: z.int(),
    successCount: z.int(),
    totalRequests: z.int(),
    /** From 0 to 1; null before the first call. */
    successRate: z.number().nullable(),
    isRateLimited: z.boolean(),
    lastUsed: z.number().nullable(),
    /** When the key is used again, where that is known. */
    recoveryTime: z.number().nullable(),
  })
  .openapi('KeyHealth');

const overallStatus = z.enum(['healthy', 'degraded', 'unhealthy']);

const providerHealthSchema = z
  .object({
    success: z.literal(true),
    overallStatus,
    summary: z.object({
      totalKeys: z.int(),
      healthyKeys: z.int(),
      rateLimitedKeys: z.int(),
      unhealthyKeys: z.int(),
      /** From 0 to 1; null before the first call. */
      overallSuccessRate: z.number().nullable(),
    }),
    keys: z.array(keyHealthSchema),
  })
  .openapi('ProviderHealth');

const alertSchema = z
  .object({
    id: z.string(),
    severity: z.enum(alertSeverities),
    kind: z.string(),
    raisedAtMs: z.number(),
    /** What is wrong, and what to do about it. */
    what: z.string(),
    advice: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).optional()),
  })
  .openapi('Alert');

const summarySchema = z
  .object({
    overallStatus,
    providers: z.array(providerHealthSchema.omit({ success: true, keys: true }).extend({ provider: z.string() })),
    alerts: z.object({ high: z.int(), medium: z.int(), low: z.int() }),
  })
  .openapi('HealthSummary');

const alertsSchema = z.object({ alerts: z.array(alertSchema) });
const tags = ['health'];

const summary = createRoute({
  method: 'get',
  path: '/api/health/summary',
  tags,
  summary: 'How every provider fares, and how many alerts are raised',
  responses: { 200: answer(summarySchema, 'The state of this moment.') },
});

const alerts = createRoute({
  method: 'get',
  path: '/api/health/alerts',
  tags,
  summary: 'What is wrong right now, in the order in which it began, and what to do about it',
  responses: { 200: answer(alertsSchema, 'The raised alerts.') },
});

const oneKey = createRoute({
  method: 'get',
  path: '/api/health/{name}/{keyIndex}',
  tags,
  summary: 'One key of a provider, or of the providers that serve a model',
  request: { params: z.object({ name: z.string(), keyIndex: z.string() }) },
  responses: {
    200: answer(keyHealthSchema.extend({ key: z.string(), provider: z.string() }), 'The key with this place.'),
    ...problems({ 404: 'There is no such provider, model or key.' }),
  },
});

const ofProvider = createRoute({
  method: 'get',
  path: '/api/{provider}/health',
  tags,
  summary: 'How the keys of one provider fare',
  request: { params: z.object({ provider: z.string() }) },
  responses: {
    200: answer(providerHealthSchema, 'All keys of the provider.'),
    ...problems({ 404: 'There is no such provider.' }),
  },
});

export type HealthRoutesOptions = {
  readonly admin: Pick<AdminApi, 'keys' | 'alerts'>;
  /** Every provider that there is, with or without keys. */
  readonly providers: ReadonlySet<ProviderName>;
  /** The providers that a name stands for: its own, or those that serve the model. */
  readonly providersNamed: (name: string) => readonly ProviderName[];
  readonly alertWords: (alert: RaisedAlert) => { readonly what: string; readonly advice: string };
};

/** Tells how keys and providers fare, and what is wrong. */
export function keyHealthRoutes({ admin, providers, providersNamed, alertWords }: HealthRoutesOptions): RouteGroup {
  return (api) => {
    api.openapi(summary, async (c) => {
      const keys = await admin.keys.list();
      const raised = await admin.alerts();
      const each = [...new Set(keys.map(({ provider }) => provider))].map((provider) => {
        const { overallStatus: status, summary: counts } = healthOf(keys.filter((key) => key.provider === provider));
        return { provider, overallStatus: status, summary: counts };
      });
      const count = (severity: AlertSeverity) => raised.filter((alert) => alert.severity === severity).length;
      const counts = { high: count('high'), medium: count('medium'), low: count('low') };
      return c.json({ overallStatus: statusOf(keys), providers: each, alerts: counts }, 200);
    });
    api.openapi(alerts, async (c) => {
      const raised = await admin.alerts();
      const told = raised.map((alert) => {
        const { id, severity, raisedAtMs, facts } = alert;
        return { id, severity, kind: facts.kind, raisedAtMs, ...alertWords(alert), facts };
      });
      return c.json({ alerts: told }, 200);
    });
    api.openAPIRegistry.registerPath(oneKey);
    // Names of models may have slashes.
    api.get('/api/health/:key{.+/[0-9]+}', async (c) => {
      const { key: path } = c.req.param();
      const [name, keyIndex] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)];
      const named = providersNamed(name);
      const own = (await admin.keys.list()).filter(({ provider }) => named.includes(provider));
      const key = own.find((candidate) => candidate.name.endsWith(` #${keyIndex}`));
      if (key === undefined) {
        const detail = `There is no key ${keyIndex} of "${name}"; GET /api/keys/status lists them all`;
        return problem(c, 404, { code: 'no-such-key', detail });
      }
      return c.json({ key: key.name, provider: key.provider, ...keyHealthOf(key) }, 200);
    });
    api.openapi(ofProvider, async (c) => {
      const { provider } = c.req.valid('param');
      if (!providers.has(provider)) {
        const detail = `There is no provider "${provider}"; known are ${[...providers].join(', ')}`;
        return problem(c, 404, { code: 'no-such-provider', detail });
      }
      const keys = (await admin.keys.list()).filter((key) => key.provider === provider);
      return c.json({ success: true as const, ...healthOf(keys) }, 200);
    });
  };
}

function healthOf(views: readonly KeyView[]) {
  const keys = views.map(keyHealthOf);
  const [calls, successes] = [sum(keys, 'totalRequests'), sum(keys, 'successCount')];
  const healthyKeys = keys.filter(({ isHealthy }) => isHealthy).length;
  const rateLimitedKeys = keys.filter(({ isRateLimited }) => isRateLimited).length;
  return {
    overallStatus: statusOf(views),
    summary: {
      totalKeys: keys.length,
      healthyKeys,
      rateLimitedKeys,
      unhealthyKeys: keys.length - healthyKeys - rateLimitedKeys,
      overallSuccessRate: calls === 0 ? null : successes / calls,
    },
    keys,
  };
}

/** As `availabilityOf` says: healthy where every key takes calls, unhealthy where none will without help. */
function statusOf(views: readonly KeyView[]): z.infer<typeof overallStatus> {
  if (!isUsable(availabilityOf(views))) return 'unhealthy';
  return views.every(({ state }) => acceptsCalls(state) || state.kind === 'disabled') ? 'healthy' : 'degraded';
}

function keyHealthOf(key: KeyView) {
  const { id, state, calls, successes, lastUsedMs } = key;
  return {
    keyId: id,
    isHealthy: acceptsCalls(state),
    errorCount: calls - successes,
    successCount: successes,
    totalRequests: calls,
    successRate: calls === 0 ? null : successes / calls,
    isRateLimited: isLimited(state),
    lastUsed: lastUsedMs ?? null,
    recoveryTime: state.kind === 'cooling' ? state.untilMs : state.kind === 'benched' ? state.probeAtMs : null,
  };
}

/** Cools because of how many calls were made, not because one failed otherwise. */
function isLimited(state: KeyState): boolean {
  return state.kind === 'cooling' && state.reason !== 'timed-out' && state.reason !== 'fails-alone';
}

function sum(keys: readonly ReturnType<typeof keyHealthOf>[], of: 'totalRequests' | 'successCount'): number {
  return keys.reduce((total, key) => total + key[of], 0);
}
