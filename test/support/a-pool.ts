import type { AppEvent } from '../../src/domain/events.ts';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { KeyRecord } from '../../src/domain/key-state.ts';
import { KeyPool, type KeyPoolOptions } from '../../src/keys/pool/key-pool.ts';
import type { Lease, SeatRequest } from '../../src/domain/key-leases.ts';
import { aKey } from './builders.ts';
import { fakeClock } from './fake-clock.ts';

export const hour = 3_600_000;
export const minute = 60_000;

export const failures = {
  rejected: { blame: 'key', reason: 'rejected', detail: '' },
  poor: { blame: 'key', reason: 'out-of-credit', detail: '' },
  limited: { blame: 'key', reason: 'rate-limited', retryAfterMs: 30_000, detail: '' },
  hurried: { blame: 'key', reason: 'rate-limited', detail: '' },
  crowded: { blame: 'key', reason: 'concurrency', detail: '' },
  notEntitled: { blame: 'key', reason: 'not-entitled', detail: '' },
  down: { blame: 'provider', reason: 'overloaded', detail: '' },
  cut: { blame: 'provider', reason: 'unreachable', detail: '' },
  late: { blame: 'provider', reason: 'timed-out', detail: '' },
  strange: { blame: 'provider', reason: 'unrecognized', detail: '' },
  noModel: { blame: 'model', reason: 'unknown-model', detail: '' },
  bad: { blame: 'request', reason: 'refused', detail: '' },
} as const satisfies Record<string, AttemptFailure>;

/** A pool of three keys on a fake clock; its events and records are collected. */
export function aPool(options: Partial<KeyPoolOptions> = {}) {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  const records = new Map<string, KeyRecord>();
  const pool = new KeyPool({
    keys: [aKey(1), aKey(2), aKey(3)],
    remembered: [],
    strategy: 'health-based',
    clock,
    random: () => 0.5,
    emit: (event) => events.push(event),
    ...options,
  });
  pool.onChange((id, record) => records.set(id, record()));
  return { pool, clock: options.clock === undefined ? clock : (options.clock as typeof clock), events, records };
}

export function seatOf(pool: KeyPool, request: SeatRequest = {}): Lease {
  const answer = pool.lease('bytez', request);
  if (answer.kind !== 'seat') throw new Error(`Expected a seat, got "${answer.kind}"`);
  return answer.lease;
}

/** Leases a seat of this key. */
export function seatOfKey(pool: KeyPool, place: number, request: SeatRequest = {}): Lease {
  const others = pool.keys().flatMap(({ key }) => (key.place === place ? [] : [key.id]));
  const lease = seatOf(pool, { ...request, avoid: new Set(others) });
  if (lease.keyName !== `bytez #${place}`) throw new Error(`Expected a seat of #${place}, got ${lease.keyName}`);
  return lease;
}

export function fail(failure: AttemptFailure, model?: string) {
  return { kind: 'failed', failure, ms: 10, ...(model === undefined ? {} : { model }) } as const;
}

export function ok(ms = 10, model?: string) {
  return { kind: 'succeeded', ms, ...(model === undefined ? {} : { model }) } as const;
}

/** Returns the kinds of the key states, in the order of their places. */
export function states(pool: KeyPool): readonly string[] {
  return pool.snapshot().keys.map(({ state }) => state.kind);
}
