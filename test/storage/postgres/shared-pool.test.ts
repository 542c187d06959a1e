import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Emit } from '../../../src/domain/events.ts';
import { KeyPool } from '../../../src/keys/pool/key-pool.ts';
import { Sharing } from '../../../src/keys/shared/sharing.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import type { Secret } from '../../../src/kit/secret.ts';
import { tell } from '../../../src/storage/postgres/listening.ts';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { createSharedKeys } from '../../../src/storage/stores/shared-keys.ts';
import { fail, failures, ok } from '../../support/a-pool.ts';
import { aKey } from '../../support/builders.ts';
import { hasPostgres, killableServer, testDatabase } from '../../support/postgres-server.ts';

/** The pool of a process of its own, until the scope ends. */
async function openPool(
  scope: AsyncDisposableStack,
  url: Secret,
  seats: number,
  emit: Emit = () => undefined,
): Promise<KeyPool> {
  const { database, listening } = scope.use(await openPostgres({ url, version: 'test' }));
  const shared = createSharedKeys(database, { tell, on: (topic, listener) => listening.on(topic, listener) });
  const sharing = scope.use(new Sharing({ shared, clock: systemClock, newId: () => randomUUID() }));
  const pool = scope.use(
    new KeyPool({
      keys: [aKey(1, { seats }), aKey(2, { seats })],
      remembered: [],
      strategy: 'health-based',
      maxSeats: () => seats,
      clock: systemClock,
      random: () => 0.5,
      emit,
      sharing,
    }),
  );
  await sharing.start();
  return pool;
}

async function seatOf(pool: KeyPool) {
  const answer = await pool.acquire('bytez', { evenSlow: true });
  if (answer.kind !== 'seat') throw new Error(`Expected a seat, got "${answer.kind}"`);
  return answer.lease;
}

/** Resolves when the next seat may have become free. */
function freed(pool: KeyPool): Promise<void> {
  return new Promise((resolve) => {
    const listening = pool.onSeat(() => {
      listening[Symbol.dispose]();
      resolve();
    });
  });
}

/** A seat as soon as there is one. */
async function nextSeatOf(pool: KeyPool) {
  for (;;) {
    const mayBeFree = freed(pool);
    const answer = await pool.acquire('bytez', { evenSlow: true });
    if (answer.kind === 'seat') return answer.lease;
    await mayBeFree;
  }
}

test.skipIf(!hasPostgres)('processes over PostgreSQL never carry more calls than there are seats', async () => {
  await using scope = new AsyncDisposableStack();
  const { url } = scope.use(await testDatabase());
  const pools = await Promise.all([1, 2, 3].map(() => openPool(scope, url, 2)));
  const underWay = new Map<string, number>();
  let [made, most] = [0, 0];
  const work = async (pool: KeyPool) => {
    for (let calls = 0; calls < 10; calls += 1) {
      const lease = await nextSeatOf(pool);
      const now = (underWay.get(lease.keyId) ?? 0) + 1;
      underWay.set(lease.keyId, now);
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      underWay.set(lease.keyId, (underWay.get(lease.keyId) ?? 0) - 1);
      lease.release(ok());
      made += 1;
    }
  };
  await Promise.all(pools.flatMap((pool) => [work(pool), work(pool), work(pool)]));
  expect([made, most]).toEqual([90, 2]);
});

test.skipIf(!hasPostgres)(
  'no seat is given while PostgreSQL is down, and what was held before is held afterwards',
  async () => {
    await using scope = new AsyncDisposableStack();
    const server = scope.use(await killableServer());
    const benched = Promise.withResolvers<void>();
    const one = await openPool(scope, server.url, 1);
    const other = await openPool(scope, server.url, 1, (event) => {
      if (event.event === 'key.changed' && event.state.kind === 'benched') benched.resolve();
    });
    const [held, ended] = [await seatOf(one), await seatOf(one)];
    await server.kill();
    expect(await other.acquire('bytez')).toEqual({ kind: 'busy' });
    expect(await one.acquire('bytez')).toEqual({ kind: 'busy' });
    ended.release(fail(failures.rejected));
    expect(await held.renew()).toBe(true);
    await server.start();
    await benched.promise;
    expect(await other.acquire('bytez')).toEqual({ kind: 'busy' });
    held.release(ok());
    expect((await nextSeatOf(other)).keyId).toBe(held.keyId);
  },
);
