import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyId } from '../../src/domain/ids.ts';
import type { KeyLeases, Lease, LeaseResult } from '../../src/domain/key-leases.ts';
import { runs } from '../support/property-runs.ts';

/** Leases under test: keys of bytez, each with its number of seats, and a time that the test moves. */
export type LeasesUnderTest = AsyncDisposable & {
  readonly leases: KeyLeases;
  nowMs(): number;
  advance(ms: number): Promise<void>;
};

export type MakeLeases = (seats: readonly number[]) => Promise<LeasesUnderTest>;

const unused: LeaseResult = { kind: 'unused' };
const limited = (retryAfterMs: number): LeaseResult => ({
  kind: 'failed',
  failure: { blame: 'key', reason: 'rate-limited', retryAfterMs, detail: '' },
  ms: 10,
});
const rejected: LeaseResult = {
  kind: 'failed',
  failure: { blame: 'key', reason: 'rejected', detail: '' },
  ms: 10,
};

async function seatOf(leases: KeyLeases): Promise<Lease> {
  const answer = await leases.acquire('bytez');
  if (answer.kind !== 'seat') throw new Error(`Expected a seat, got "${answer.kind}"`);
  return answer.lease;
}

/** Takes seats until there is none; returns them and why there are no more. */
async function allSeats(leases: KeyLeases) {
  const seats: Lease[] = [];
  for (;;) {
    const answer = await leases.acquire('bytez');
    if (answer.kind !== 'seat') return { seats, why: answer };
    seats.push(answer.lease);
  }
}

/** Registers the tests that every KeyLeases has to pass. */
export function keyLeasesConformance(name: string, makeLeases: MakeLeases): void {
  test(`${name} lends every seat once, and says that the keys are busy when all are lent`, async () => {
    await using app = await makeLeases([1, 2]);
    const { seats, why } = await allSeats(app.leases);
    expect(seats.map(({ keyName }) => keyName).sort()).toEqual(['bytez #1', 'bytez #2', 'bytez #2']);
    expect(why).toEqual({ kind: 'busy' });
    expect(new Set(seats.map(({ secret }) => secret.reveal())).size).toBe(2);
  });

  test(`${name} resumes the seat of a key whatever its state, and counts it until it is given back`, async () => {
    await using app = await makeLeases([1]);
    const { seats } = await allSeats(app.leases);
    const [first] = seats;
    if (first === undefined) throw new Error('Cannot take a seat: there is none');
    const resumed = await app.leases.resume(first.keyId);
    expect(resumed).toMatchObject({ keyId: first.keyId, keyName: first.keyName });
    expect(resumed?.secret.reveal()).toBe(first.secret.reveal());
    first.release(unused);
    expect((await app.leases.acquire('bytez')).kind).toBe('busy');
    resumed?.release(unused);
    (await seatOf(app.leases)).release(rejected);
    const ofBenched = await app.leases.resume(first.keyId);
    expect(ofBenched?.keyId).toBe(first.keyId);
    ofBenched?.release(unused);
    expect(await app.leases.resume(keyId('nobody'))).toBeUndefined();
  });

  test(`${name} lends a seat again once it is back, once for each time it was lent`, async () => {
    await using app = await makeLeases([1]);
    const first = await seatOf(app.leases);
    for (let times = 0; times < 3; times += 1) first.release(unused);
    const { seats, why } = await allSeats(app.leases);
    expect([seats.length, why.kind]).toEqual([1, 'busy']);
    first.release(unused);
    expect((await app.leases.acquire('bytez')).kind).toBe('busy');
  });

  test(`${name} renews a seat for as long as it is not given back`, async () => {
    await using app = await makeLeases([1]);
    const lease = await seatOf(app.leases);
    expect([await lease.renew(), await lease.renew()]).toEqual([true, true]);
    lease.release(unused);
    expect(await lease.renew()).toBe(false);
    const next = await seatOf(app.leases);
    expect([await lease.renew(), await next.renew()]).toEqual([false, true]);
  });

  test(`${name} names the time at which a resting key wakes, and lends it then and no earlier`, async () => {
    await using app = await makeLeases([1, 1]);
    const [one, two] = [await seatOf(app.leases), await seatOf(app.leases)];
    const startMs = app.nowMs();
    one.release(limited(60_000));
    two.release(limited(30_000));
    expect(await app.leases.acquire('bytez')).toEqual({ kind: 'cooling', untilMs: startMs + 30_000 });
    await app.advance(29_999);
    expect((await app.leases.acquire('bytez')).kind).toBe('cooling');
    await app.advance(1);
    expect((await seatOf(app.leases)).keyName).toBe(two.keyName);
  });

  test(`${name} says what most keys were benched for, and that a provider has no keys`, async () => {
    await using app = await makeLeases([1, 1]);
    const { seats } = await allSeats(app.leases);
    for (const lease of seats) lease.release(rejected);
    const refusal = await app.leases.acquire('bytez');
    if (refusal.kind !== 'benched') throw new Error(`Expected the keys to be benched, got "${refusal.kind}"`);
    expect(refusal.reason).toBe('rejected');
    expect(refusal.probeAtMs).toBeGreaterThan(app.nowMs());
    expect(await app.leases.acquire('openai')).toEqual({ kind: 'no-keys' });
  });

  test(`${name} tells of a seat that came back before release() returns, and nobody who ended listening`, async () => {
    await using app = await makeLeases([1]);
    const heard: string[] = [];
    const listening = app.leases.onSeat((provider) => heard.push(provider));
    (await seatOf(app.leases)).release(unused);
    expect(heard).toEqual(['bytez']);
    listening[Symbol.dispose]();
    (await seatOf(app.leases)).release(unused);
    expect(heard).toEqual(['bytez']);
  });

  test(`${name} never lends more seats of a key than it has, whatever comes back when`, async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('acquire' as const) }),
      fc.record({ do: fc.constant('release' as const), pick: fc.nat(50) }),
      fc.record({ do: fc.constant('release twice' as const), pick: fc.nat(50) }),
    );
    const seats = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(seats, fc.array(step, { maxLength: 60 }), async (seatsOf, steps) => {
        await using app = await makeLeases(seatsOf);
        const lent: Lease[] = [];
        for (const each of steps) {
          if (each.do === 'acquire') {
            const answer = await app.leases.acquire('bytez');
            const isFull = lent.length === seatsOf.reduce((sum, count) => sum + count, 0);
            expect(answer.kind).toBe(isFull ? 'busy' : 'seat');
            if (answer.kind === 'seat') lent.push(answer.lease);
          } else {
            const [lease] = lent.splice(each.pick % Math.max(1, lent.length), 1);
            lease?.release(unused);
            if (each.do === 'release twice') lease?.release(unused);
          }
          for (const [index, count] of seatsOf.entries()) {
            const ofKey = lent.filter(({ keyName }) => keyName === `bytez #${index + 1}`);
            expect(ofKey.length).toBeLessThanOrEqual(count);
          }
        }
      }),
      { numRuns: runs(50) },
    );
  });
}
