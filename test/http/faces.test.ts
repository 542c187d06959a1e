import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keysFromRecords } from '../../src/app/test-keys.ts';
import { countByProvider } from '../../src/cli/keys/key-tables.ts';
import type { KeyRecord } from '../../src/domain/key-state.ts';
import { availabilityOf, cooldownUntilMs, isUsable } from '../../src/domain/views.ts';
import { createEventBus } from '../../src/domain/event-bus.ts';
import { createApi } from '../../src/http/api.ts';
import { keyRoutes } from '../../src/http/routes/key-routes.ts';
import { leaseRoutes } from '../../src/http/routes/lease-routes.ts';
import { LendingService } from '../../src/keys/lending/lending-service.ts';
import { poolKeys } from '../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { aPool, fail, failures, ok } from '../support/a-pool.ts';
import { runs } from '../support/property-runs.ts';

const salt = 'salt';
const providerKeys = [1, 2, 3].map((place) => ({
  provider: 'bytez',
  place,
  secret: new Secret(`key-of-the-faces-number-${place}`),
  weight: 1,
}));

/** One pool and every face that shows it. */
function everyFace() {
  const keys = poolKeys(providerKeys, salt, () => 1);
  const { pool, clock } = aPool({ keys });
  const records = new Map<string, KeyRecord>();
  pool.onChange((id, record) => records.set(id, record()));
  const list = async () => pool.snapshot().keys;
  const admin = { keys: { list } } as unknown as Parameters<typeof keyRoutes>[0];
  const service = new LendingService({
    pool,
    named: () => [{ provider: 'bytez' }],
    understand: async () => ({}),
    usualMs: () => undefined,
    clock,
    newId: () => '00000000-0000',
    emit: () => undefined,
  });
  const api = createApi([keyRoutes(admin), leaseRoutes(service)]);
  const metrics = createMetrics({
    events: createEventBus(),
    keys: () => pool.snapshot().keys,
    stats: async () => ({ lines: [], undelivered: 0 }),
    alerts: async () => [],
    costs: async () => [],
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
      const status = (await (await api.request('/api/keys/status')).json()) as {
        ready: number;
        providers: { availability: { kind: string } }[];
      };
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

test('picker, lease, Retry-After, /api/keys/status, metrics and the command line never disagree', async () => {
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
        const { kind, ready, waitS, usable, faces } = await look();
        expect(faces).toMatchObject({
          lease: kind === 'taking',
          status: kind,
          statusReady: ready,
          metricTaking: kind === 'taking' ? 1 : 0,
          commandReady: ready,
        });
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
