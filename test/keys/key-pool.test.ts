import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { HouseEvent } from '../../src/domain/events.ts';
import { KeyPool, type KeyPoolOptions } from '../../src/keys/key-pool.ts';
import type { Lease } from '../../src/keys/lease.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { aKey } from '../support/builders.ts';

const hour = 3_600_000;

const failures = {
  rejected: { blame: 'key', reason: 'rejected', detail: '' },
  poor: { blame: 'key', reason: 'out-of-credit', detail: '' },
  limited: { blame: 'key', reason: 'rate-limited', retryAfterMs: 30_000, detail: '' },
  crowded: { blame: 'key', reason: 'concurrency', detail: '' },
  down: { blame: 'provider', reason: 'overloaded', detail: '' },
  late: { blame: 'provider', reason: 'timed-out', detail: '' },
  noModel: { blame: 'model', reason: 'unknown-model', detail: '' },
  bad: { blame: 'request', reason: 'refused', detail: '' },
} as const satisfies Record<string, AttemptFailure>;

function aPool(options: Partial<KeyPoolOptions> = {}) {
  const clock = fakeClock();
  const events: HouseEvent[] = [];
  const pool = new KeyPool({
    keys: [aKey(1), aKey(2), aKey(3)],
    remembered: [],
    strategy: 'health-based',
    clock,
    random: () => 0.5,
    tell: (event) => events.push(event),
    ...options,
  });
  return { pool, clock, events };
}

function seatOf(pool: KeyPool, request: Parameters<KeyPool['lease']>[1] = {}): Lease {
  const answer = pool.lease('bytez', request);
  if (answer.kind !== 'seat') throw new Error(`Expected a seat, got "${answer.kind}"`);
  return answer.lease;
}

const fail = (failure: AttemptFailure) => ({ kind: 'failed', failure, ms: 10 }) as const;

test('KeyPool.lease() gives each seat once and says busy when all carry a call', () => {
  const { pool } = aPool();
  const names = [seatOf(pool), seatOf(pool), seatOf(pool)].map(({ keyName }) => keyName).sort();
  expect(names).toEqual(['bytez #1', 'bytez #2', 'bytez #3']);
  expect(pool.lease('bytez')).toEqual({ kind: 'busy' });
});

test('a lease gives its seat back once, however often it is released', () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  const first = seatOf(pool);
  first.release({ kind: 'succeeded', ms: 5 });
  seatOf(pool);
  first.release({ kind: 'succeeded', ms: 5 });
  expect(pool.lease('bytez')).toEqual({ kind: 'busy' });
  expect(pool.snapshot().keys[0]).toMatchObject({ calls: 1, successes: 1, inFlight: 1 });
});

test('KeyPool.lease() says that there are no keys for a provider without any', () => {
  expect(aPool().pool.lease('openai')).toEqual({ kind: 'no-keys' });
});

test('a rate-limited key is not handed out before its time, and then is', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)] });
  seatOf(pool).release(fail(failures.limited));
  expect(pool.lease('bytez')).toEqual({ kind: 'cooling', untilMs: clock.now() + 30_000 });
  await clock.advance(29_999);
  expect(pool.lease('bytez').kind).toBe('cooling');
  await clock.advance(1);
  expect(pool.lease('bytez').kind).toBe('seat');
});

test('onSeat() rings when a seat comes back and when a key wakes', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)] });
  let rings = 0;
  using _listening = pool.onSeat(() => {
    rings += 1;
  });
  seatOf(pool).release(fail(failures.limited));
  const afterRelease = rings;
  await clock.advance(29_000);
  expect(rings).toBe(afterRelease);
  await clock.advance(1_000);
  expect(rings).toBe(afterRelease + 1);
});

test('a key without credit gets one careful call after an hour, and one only', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1, { seats: 4 })] });
  seatOf(pool).release(fail(failures.poor));
  expect(pool.lease('bytez')).toEqual({ kind: 'benched', reason: 'out-of-credit' });
  await clock.advance(hour);
  const careful = seatOf(pool);
  expect(pool.lease('bytez')).toEqual({ kind: 'busy' });
  careful.release(fail(failures.poor));
  await clock.advance(hour);
  expect(pool.lease('bytez')).toEqual({ kind: 'benched', reason: 'out-of-credit' });
  await clock.advance(hour);
  seatOf(pool).release({ kind: 'succeeded', ms: 5 });
  expect(pool.snapshot()).toMatchObject({ ready: 1, benched: 0 });
});

test('a careful call that was not made leaves the key due', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)] });
  seatOf(pool).release(fail(failures.poor));
  await clock.advance(hour);
  seatOf(pool).release({ kind: 'unused' });
  expect(pool.lease('bytez').kind).toBe('seat');
});

test('a concurrency refusal shrinks the seats to what is known to work, never below one', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1, { seats: 3 })] });
  const [first, second, third] = [seatOf(pool), seatOf(pool), seatOf(pool)];
  third.release(fail(failures.crowded));
  expect(pool.snapshot().keys[0]?.seats).toBe(2);
  first.release({ kind: 'succeeded', ms: 1 });
  second.release({ kind: 'succeeded', ms: 1 });
  await clock.advance(60_000);
  seatOf(pool).release(fail(failures.crowded));
  expect(pool.snapshot().keys[0]?.seats).toBe(1);
});

test('failures of the provider, the model and the request leave the key ready', () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  for (const failure of [failures.down, failures.noModel, failures.bad]) seatOf(pool).release(fail(failure));
  expect(pool.snapshot()).toMatchObject({ ready: 1, keys: [{ calls: 3, consecutiveErrors: 1 }] });
});

test('KeyPool.lease() avoids keys that just failed, while there are others', () => {
  const { pool } = aPool({ keys: [aKey(1), aKey(2)] });
  const first = seatOf(pool);
  first.release(fail(failures.down));
  const second = seatOf(pool, { avoid: new Set([first.keyId]) });
  expect(second.keyName).not.toBe(first.keyName);
  expect(seatOf(pool, { avoid: new Set([first.keyId, second.keyId]) }).keyName).toBe(first.keyName);
});

test('a key for one model serves only that model', () => {
  const { pool } = aPool({ keys: [aKey(1, { onlyModel: 'org/a' })] });
  expect(pool.lease('bytez', { model: 'org/b' })).toEqual({ kind: 'no-keys' });
  expect(pool.lease('bytez', { model: 'org/a' }).kind).toBe('seat');
});

test('what was learned survives in the records', () => {
  const { pool, clock } = aPool({ keys: [aKey(1), aKey(2)] });
  const records = new Map<string, Parameters<Parameters<KeyPool['onChange']>[0]>[0]>();
  using _listening = pool.onChange((record) => records.set(record.id, record));
  seatOf(pool).release(fail(failures.limited));
  seatOf(pool).release(fail(failures.rejected));
  const again = aPool({ keys: [aKey(1), aKey(2)], remembered: [...records.values()], clock });
  expect(again.pool.snapshot()).toMatchObject({ ready: 0, cooling: 1, benched: 1 });
});

test('snapshot() counts by state and tells the next wake-up', () => {
  const { pool, clock } = aPool();
  seatOf(pool).release(fail(failures.limited));
  seatOf(pool).release(fail(failures.rejected));
  expect(pool.snapshot()).toMatchObject({
    total: 3,
    ready: 1,
    cooling: 1,
    benched: 1,
    disabled: 0,
    nextWakeMs: clock.now() + 30_000,
  });
});

test('whatever happens, seats are never exceeded, benched keys never handed out and no seat is lost', async () => {
  const kinds = fc.constantFrom(...Object.values(failures));
  const step = fc.oneof(
    fc.record({ do: fc.constant('lease' as const) }),
    fc.record({ do: fc.constant('succeed' as const), which: fc.nat(9) }),
    fc.record({ do: fc.constant('fail' as const), which: fc.nat(9), failure: kinds }),
    fc.record({ do: fc.constant('leave' as const), which: fc.nat(9) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2 * hour) }),
  );
  const names = fc.constantFrom('health-based', 'round-robin', 'least-used', 'weighted', 'primary-first');
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      names,
      fc.integer({ min: 1, max: 3 }),
      async (steps, strategy, seats) => {
        const keys = [1, 2, 3].map((place) => aKey(place, { seats }));
        const { pool, clock } = aPool({ keys, strategy });
        const out: Lease[] = [];
        for (const action of steps) {
          if (action.do === 'wait') await clock.advance(action.ms);
          else if (action.do === 'lease') {
            const before = new Map(pool.snapshot().keys.map((key) => [key.id, key]));
            const answer = pool.lease('bytez');
            if (answer.kind === 'seat') {
              const key = before.get(answer.lease.keyId);
              const due = key?.state.kind === 'benched' && key.state.probeAtMs <= clock.now();
              expect(key?.state.kind === 'ready' || due).toBe(true);
              expect(key?.inFlight).toBeLessThan(key?.seats ?? 0);
              out.push(answer.lease);
            } else if (answer.kind === 'busy') expect(out.length).toBeGreaterThan(0);
          } else {
            const [lease] = out.splice(action.which % Math.max(1, out.length), 1);
            if (action.do === 'fail') lease?.release(fail(action.failure));
            else lease?.release(action.do === 'leave' ? { kind: 'unused' } : { kind: 'succeeded', ms: 1 });
          }
          expect(pool.snapshot().keys.reduce((sum, key) => sum + key.inFlight, 0)).toBe(out.length);
        }
        for (const lease of out) lease.release({ kind: 'unused' });
        expect(pool.snapshot().keys.every((key) => key.inFlight === 0)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
});
