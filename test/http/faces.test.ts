import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keysFromRecords } from '../../src/app/test-keys.ts';
import { countByProvider } from '../../src/cli/keys/key-tables.ts';
import type { KeyRecord } from '../../src/domain/key-state.ts';
import { availabilityOf, cooldownUntilMs, isUsable } from '../../src/domain/views.ts';
import { createEventBus } from '../../src/domain/event-bus.ts';
import { perKind } from '../../src/domain/kinds.ts';
import { overviewRoutes } from '../../src/http/dashboard/overview-routes.ts';
import { healthRoutes } from '../../src/http/health-api.ts';
import { createApi } from '../../src/http/api.ts';
import { keyHealthRoutes } from '../../src/http/routes/health-routes.ts';
import { keyRoutes } from '../../src/http/routes/key-routes.ts';
import { leaseRoutes } from '../../src/http/routes/lease-routes.ts';
import { ChainModels } from '../../src/jobs/request/chain-models.ts';
import { viewOf } from '../../src/jobs/running-jobs.ts';
import { LendingService } from '../../src/keys/lending/lending-service.ts';
import { poolKeys } from '../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../src/kit/secret.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { aPool, fail, failures, ok } from '../support/a-pool.ts';
import { aJob } from '../support/builders.ts';
import { runs } from '../support/property-runs.ts';

const salt = 'salt';
const messages = createMessageMapper(loadCatalog());
const noAlerts = async () => [];
const providerKeys = [1, 2, 3].map((place) => ({
  provider: 'bytez',
  place,
  secret: new Secret(`key-of-the-faces-number-${place}`),
  weight: 1,
}));

type Status = {
  readonly ready: number;
  readonly providers: readonly { readonly availability: { readonly kind: string } }[];
};
type Health = { readonly overallStatus: string; readonly summary: { readonly healthyKeys: number } };

/** One pool and every face that shows it. */
function everyFace() {
  const keys = poolKeys(providerKeys, salt, () => 1);
  const { pool, clock } = aPool({ keys });
  const records = new Map<string, KeyRecord>();
  pool.onChange((id, record) => records.set(id, record()));
  const list = async () => pool.snapshot().keys;
  type Admin = Parameters<typeof keyRoutes>[0] & Parameters<typeof overviewRoutes>[0]['admin'];
  const admin = {
    keys: { list },
    jobs: { stats: async () => ({ lines: [], undelivered: 0 }) },
    alerts: noAlerts,
    spending: async () => ({ days: [], people: [], peopleInAll: 0, clients: [] }),
  } as unknown as Admin;
  const chains = { ...perKind(() => []), image: [{ provider: 'bytez', model: 'any' }] };
  const models = new ChainModels({
    chains,
    models: () => ({ seed: false, negative: false }),
    clock,
    emit: () => undefined,
  });
  const service = new LendingService({
    pool,
    named: () => [{ provider: 'bytez' }],
    understand: async () => ({}),
    usualMs: () => undefined,
    clock,
    newId: () => '00000000-0000',
    emit: () => undefined,
  });
  const alertWords = () => ({ what: '', advice: '' });
  const api = createApi([
    healthRoutes({
      databaseWritable: () => true,
      telegramAnswers: () => true,
      serving: () => models.serving(pool.snapshot().keys),
    }),
    keyRoutes(admin),
    leaseRoutes(service),
    keyHealthRoutes({ admin, providers: new Set(['bytez']), providersNamed: () => ['bytez'], alertWords }),
    overviewRoutes({
      admin,
      models: () => [],
      budgets: { total: undefined, perPerson: undefined, ofProvider: {} },
      currency: 'USD',
      alertWords,
      clock,
    }),
  ]);
  const read = async (path: string): Promise<unknown> => (await api.request(path)).json();
  const metrics = createMetrics({
    events: createEventBus(),
    keys: () => pool.snapshot().keys,
    stats: async () => ({ lines: [], undelivered: 0 }),
    alerts: noAlerts,
    spentToday: async () => [],
    providers: new Set(['bytez']),
    clock,
  });

  const picker = (): string => {
    const answer = pool.lease('bytez', { evenSlow: true });
    if (answer.kind === 'seat') answer.lease.release({ kind: 'unused' });
    return answer.kind === 'seat' ? 'taking' : answer.kind;
  };
  return {
    pool,
    clock,
    /** What each face says: does the provider take calls, and if not, for how many seconds? */
    look: async () => {
      const views = pool.snapshot().keys;
      const own = availabilityOf(views);
      const untilMs = cooldownUntilMs(own);
      const waitS = untilMs === undefined ? undefined : Math.max(1, Math.ceil((untilMs - clock.now()) / 1_000));
      const status = (await read('/api/keys/status')) as Status;
      const shown = (await read('/api/overview')) as { keys: { ready: number }; providers: Status['providers'] };
      const page = (await read('/api/overview/keys?state=ready')) as { total: number; counts: { ready: number } };
      const health = (await read('/api/bytez/health')) as Health;
      const told = messages.keys(pool.snapshot(), clock.now(), 'en');
      const job = aJob({ state: { kind: 'waiting', readyAtMs: 0 } });
      const pooled = () => pool.snapshot('bytez');
      const { phase } = viewOf(job, {
        ahead: 0,
        live: undefined,
        pool: pooled,
        isBehindOwn: false,
        nowMs: clock.now(),
      });
      const text = await metrics.text();
      const value = (name: string) =>
        Number(new RegExp(`^${name}\\{provider="bytez"[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1]);
      const command = keysFromRecords({
        config: { providers: {} },
        keys: providerKeys,
        salt,
        records: [...records.values()],
        isRunning: true,
        nowMs: clock.now(),
      });
      const lent = await api.request('/api/keys/bytez');
      const lease = (await lent.json()) as { lease?: string; fence?: number; code?: string };
      if (lent.status === 200) await service.report(lease.lease ?? '', lease.fence ?? 0, { kind: 'unused' });
      const retryAfter = lent.headers.get('retry-after');
      const kind = own.kind;
      return {
        kind,
        ready: views.filter(({ state }) => ['ready', 'suspect', 'half-open'].includes(state.kind)).length,
        waitS,
        waitMs: untilMs === undefined ? undefined : Math.max(0, untilMs - clock.now()),
        usable: isUsable(own),
        faces: {
          picker: picker(),
          lease: lent.status === 200,
          code: lease.code,
          retryAfterS: retryAfter === null ? undefined : Number(retryAfter),
          status: status.providers[0]?.availability.kind,
          statusReady: status.ready,
          metricTaking: value('darkroom_provider_takes_calls'),
          metricCooldownS: value('darkroom_provider_cooldown_seconds'),
          commandReady: countByProvider(command)[0]?.ready,
          readyz: (await api.request('/readyz')).status,
          dashboard: [shown.providers[0]?.availability.kind, shown.keys.ready, page.total, page.counts.ready],
          healthy: health.summary.healthyKeys,
          health: health.overallStatus,
          chat: Number(/(\d+)\/3 healthy/.exec(told.text)?.[1]),
          personWaitsMs: phase.kind === 'paused' ? phase.inMs : undefined,
        },
      };
    },
  };
}

const results = [ok(), fail(failures.limited), fail(failures.hurried), fail(failures.rejected), fail(failures.poor)];
const more = [fail(failures.late), fail(failures.down), fail(failures.crowded), { kind: 'unused' } as const];
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('call' as const), result: fc.constantFrom(...results, ...more) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 120_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('note' as const),
      place: fc.integer({ min: 0, max: 2 }),
      kind: fc.constantFrom('wake' as const, 'disable' as const, 'enable' as const),
    }),
  },
);

test('picker, lease, Retry-After, /readyz, /status, /keys, health, dashboard, metrics and the command line never disagree', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (life) => {
      const { pool, clock, look } = everyFace();
      for (const each of life) {
        if (each.do === 'wait') await clock.advance(each.ms);
        else if (each.do === 'note') {
          const id = pool.keys()[each.place]?.key.id;
          if (id !== undefined) pool.note(id, { kind: each.kind });
        } else {
          const answer = pool.lease('bytez', { evenSlow: true });
          if (answer.kind === 'seat') answer.lease.release(each.result);
        }
        const { kind, ready, waitS, waitMs, usable, faces } = await look();
        expect(faces).toMatchObject({
          lease: kind === 'taking',
          status: kind,
          statusReady: ready,
          metricTaking: kind === 'taking' ? 1 : 0,
          commandReady: ready,
          readyz: usable ? 200 : 503,
          dashboard: [kind, ready, ready, ready],
          healthy: ready,
          chat: ready,
          personWaitsMs: waitMs,
        });
        expect(faces.health === 'unhealthy').toBe(!usable);
        expect(faces.picker === 'taking').toBe(kind === 'taking');
        expect(usable).toBe(kind === 'taking' || waitS !== undefined);
        if (kind === 'cooling') {
          expect([faces.code, faces.retryAfterS]).toEqual(['cooling', waitS]);
          expect(Math.max(1, Math.ceil(faces.metricCooldownS))).toBe(waitS);
        } else expect(faces.metricCooldownS).toBeNaN();
      }
    }),
    { numRuns: runs(60) },
  );
});
