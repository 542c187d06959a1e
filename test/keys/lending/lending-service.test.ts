import { expect, test } from 'vitest';
import type { AppEvent } from '../../../src/domain/events.ts';
import { LendingService, type LendingServiceOptions } from '../../../src/keys/lending/lending-service.ts';
import type { Lending, LentKey } from '../../../src/domain/key-leases.ts';
import { aPool, failures, seatOf, states } from '../../support/a-pool.ts';
import { aKey } from '../../support/builders.ts';

function aService(keys = 1, more: Partial<LendingServiceOptions> = {}) {
  const { pool, clock } = aPool({
    keys: Array.from({ length: keys }, (_, index) => aKey(index + 1)),
    maxSeats: () => 1,
  });
  const events: AppEvent[] = [];
  let count = 0;
  const service = new LendingService({
    pool,
    named: (name) => (name === 'bytez' ? [{ provider: 'bytez' }] : name === 'suno' ? [{ provider: 'suno' }] : []),
    understand: async (_wanted, { status }) => (status === 429 ? { failure: failures.limited } : {}),
    usualMs: () => 7_000,
    clock,
    newId: () => `lease-${(count += 1)}`,
    emit: (event) => void events.push(event),
    ...more,
  });
  const lend = (waitMs = 0, signal?: AbortSignal) =>
    service.lend('bytez', { ttlMs: 60_000, waitMs, ...(signal === undefined ? {} : { signal }) });
  const lent = async (waitMs = 0): Promise<LentKey> => {
    const lending = await lend(waitMs);
    if (lending.kind !== 'lent') throw new Error(`Expected a lease, got "${lending.kind}"`);
    return lending.lent;
  };
  return { service, pool, clock, events, lend, lent };
}

const whyOf = (lending: Lending) => (lending.kind === 'none' ? [lending.why, lending.retryAfterMs] : lending.kind);

test('LendingService.lend() lends each seat once, with growing fences, and says when another one may be free', async () => {
  const { lend, lent, clock } = aService(2);
  const [one, two] = [await lent(), await lent()];
  expect([one.keyName, two.keyName].toSorted()).toEqual(['bytez #1', 'bytez #2']);
  expect([two.fence > one.fence, one.expiresAtMs - clock.now()]).toEqual([true, 60_000]);
  expect(whyOf(await lend())).toEqual(['busy', 7_000]);
});

test('LendingService.lend() tells why there is no seat: no such name, no keys, keys that cool', async () => {
  const { service, lend, lent } = aService();
  const options = { ttlMs: 1_000, waitMs: 60_000 };
  expect(await service.lend('nobody', options)).toEqual({ kind: 'unknown-name' });
  expect(whyOf(await service.lend('suno', options))).toEqual(['no-keys', undefined]);
  const { id, fence } = await lent();
  const answer = { status: 429, headers: {}, body: '' };
  expect(await service.report(id, fence, { kind: 'answered', answer })).toMatchObject({ kind: 'failed' });
  expect(whyOf(await lend())).toEqual(['cooling', 30_000]);
});

test('LendingService.lend() misses no seat that becomes free while it asks for another one', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)], maxSeats: () => 1 });
  const held = seatOf(pool);
  const { service } = aService(1, {
    clock,
    named: () => [{ provider: 'bytez' }, { provider: 'suno' }],
    pool: {
      onSeat: (listener) => pool.onSeat(listener),
      acquire: async (provider, request) => {
        const answer = await pool.acquire(provider, request);
        // The answer of a database that other processes share takes a while.
        if (provider === 'suno') held.release({ kind: 'unused' });
        return answer;
      },
    },
  });
  const lending = service.lend('either', { ttlMs: 60_000, waitMs: 30_000 });
  await clock.advance(1_000);
  expect((await lending).kind).toBe('lent');
});

test('the pool learns from a report as from a call of its own, and only from the first one', async () => {
  const { service, pool, lent, events } = aService();
  const { id, fence } = await lent();
  expect(await service.report(id, fence, { kind: 'succeeded', ms: 1_200 })).toEqual({ kind: 'succeeded' });
  expect(await service.report(id, fence, { kind: 'unanswered', reason: 'unreachable' })).toEqual({ kind: 'stale' });
  const [key] = pool.snapshot().keys;
  expect(key).toMatchObject({ calls: 1, successes: 1, meanLatencyMs: 1_200, inFlight: 0 });
  expect(events.map((event) => (event.event === 'lease.ended' ? event.how : event.event))).toEqual([
    'lease.lent',
    'succeeded',
  ]);
});

test('a lease of which nothing is heard ends by itself, without blame, and a late word with its fence changes nothing', async () => {
  const { service, pool, clock, lent, events } = aService();
  const dead = await lent();
  await clock.advance(59_999);
  expect(pool.snapshot().keys[0]?.inFlight).toBe(1);
  await clock.advance(1);
  expect([pool.snapshot().keys[0]?.inFlight, states(pool)]).toEqual([0, ['ready']]);
  const next = await lent();
  const answer = { status: 429, headers: {}, body: '' };
  expect(await service.report(dead.id, dead.fence, { kind: 'answered', answer })).toEqual({ kind: 'stale' });
  expect(await service.report(next.id, dead.fence, { kind: 'unused' })).toEqual({ kind: 'stale' });
  expect([service.renew(dead.id, dead.fence, 1_000), service.renew(next.id, dead.fence, 1_000)]).toEqual([
    undefined,
    undefined,
  ]);
  expect([pool.snapshot().keys[0]?.inFlight, states(pool)]).toEqual([1, ['ready']]);
  expect(events).toContainEqual(expect.objectContaining({ event: 'lease.ended', how: 'expired', leaseId: dead.id }));
});

test('LendingService.renew() makes a lease last from now on', async () => {
  const { service, pool, clock, lent } = aService();
  const { id, fence } = await lent();
  await clock.advance(50_000);
  expect(service.renew(id, fence, 60_000)).toBe(clock.now() + 60_000);
  await clock.advance(59_999);
  expect(pool.snapshot().keys[0]?.inFlight).toBe(1);
  await clock.advance(1);
  expect(pool.snapshot().keys[0]?.inFlight).toBe(0);
});

test('who waits gets seats in the order of asking, and nobody overtakes them', async () => {
  const { service, lend, lent, clock } = aService();
  let held = await lent();
  const order: string[] = [];
  const waiters = ['first', 'second'].map(async (name) => {
    const mine = await lent(30_000);
    order.push(name);
    held = mine;
  });
  expect(whyOf(await lend())).toEqual(['busy', 7_000]);
  await service.report(held.id, held.fence, { kind: 'unused' });
  await waiters[0];
  await service.report(held.id, held.fence, { kind: 'unused' });
  // The seat is free and left to the jobs of the bot for a moment; it is not for who comes now.
  expect(whyOf(await lend())).toEqual(['busy', 7_000]);
  await clock.advance(100);
  await waiters[1];
  expect(order).toEqual(['first', 'second']);
});

test('while the jobs of the bot wait too, seats go to them and to other programs by turns', async () => {
  const { service, pool, clock, lent } = aService();
  let mine = await lent();
  const order: string[] = [];
  // A dispatcher whose jobs never end: it takes whatever seat is left to it.
  const taken: { release: () => void }[] = [];
  pool.onSeat(() => {
    const answer = pool.lease('bytez');
    if (answer.kind !== 'seat') return;
    order.push('job');
    taken.push({ release: () => answer.lease.release({ kind: 'succeeded', ms: 5 }) });
  });
  const programs = [1, 2, 3].map(async () => {
    mine = await lent(60_000);
    order.push('program');
  });
  await clock.advance(0);
  await service.report(mine.id, mine.fence, { kind: 'succeeded', ms: 5 });
  for (const program of programs) {
    await program;
    await service.report(mine.id, mine.fence, { kind: 'succeeded', ms: 5 });
    taken.pop()?.release();
  }
  expect(order.slice(0, 5)).toEqual(['program', 'job', 'program', 'job', 'program']);
});

test('a wait ends with the reason when its time is over, and at once when its caller has gone', async () => {
  const { service, pool, clock, lend, lent } = aService();
  const held = await lent();
  const tooLong = lend(5_000);
  const leaving = new AbortController();
  const gone = lend(60_000, leaving.signal);
  leaving.abort(new Error('hung up'));
  await expect(gone).rejects.toThrow('hung up');
  await clock.advance(5_000);
  expect(whyOf(await tooLong)).toEqual(['busy', 7_000]);
  await service.report(held.id, held.fence, { kind: 'unused' });
  expect(pool.snapshot().keys[0]?.inFlight).toBe(0);
  expect(seatOf(pool).keyName).toBe('bytez #1');
});

test('disposing gives every lent seat back', async () => {
  const { service, pool, lent } = aService(2);
  await lent();
  await lent();
  service[Symbol.dispose]();
  expect(pool.snapshot().keys.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
});
