import { expect, test } from 'vitest';
import type { KeyRecord, KeyState } from '../../../src/domain/key-state.ts';
import { restoreKeyRecord } from '../../../src/keys/pool/key-registry.ts';
import { aKey } from '../../support/builders.ts';

const nowMs = 1_000_000_000;
const minute = 60_000;
const hour = 60 * minute;

function aRecord(state: KeyState, more: Partial<KeyRecord> = {}): KeyRecord {
  const { id, name, provider } = aKey(1);
  const health = { calls: 4, successes: 3, errors: {}, consecutiveErrors: 1, callsToday: 4, day: 1 };
  return {
    id,
    name,
    provider,
    savedAtMs: nowMs - minute,
    state,
    limitedInARow: 1,
    seats: { limit: 2 },
    inFlight: 1,
    health,
    ...more,
  };
}

const cooling: KeyState = {
  kind: 'cooling',
  sinceMs: nowMs - minute,
  untilMs: nowMs + 30_000,
  reason: 'rate-limited',
  stated: true,
};
const benched: KeyState = { kind: 'benched', reason: 'rejected', probeAtMs: nowMs + minute, times: 2, confirmed: true };

test.each<readonly [string, KeyState, KeyState]>([
  ['a rest goes on', cooling, cooling],
  [
    'a named rest is never longer than a day',
    { ...cooling, untilMs: nowMs + 48 * hour },
    { ...cooling, untilMs: nowMs + 24 * hour },
  ],
  [
    'a guessed rest is never longer than two minutes',
    { ...cooling, untilMs: nowMs + hour, stated: false },
    { ...cooling, untilMs: nowMs + 2 * minute, stated: false },
  ],
  [
    'a rest for a seat that is taken is never longer than a quarter of an hour',
    { ...cooling, untilMs: nowMs + hour, reason: 'concurrency', stated: false },
    { ...cooling, untilMs: nowMs + 15 * minute, reason: 'concurrency', stated: false },
  ],
  [
    'a refused key is probed within the hour',
    { ...benched, probeAtMs: nowMs + 24 * hour },
    { ...benched, probeAtMs: nowMs + hour },
  ],
  [
    'a key out of credit is tried within a day',
    { ...benched, reason: 'out-of-credit', probeAtMs: nowMs + 48 * hour },
    { ...benched, reason: 'out-of-credit', probeAtMs: nowMs + 24 * hour },
  ],
  [
    'a probe that was under way is made again at once',
    { kind: 'probing', reason: 'rejected', times: 2, confirmed: true },
    { ...benched, probeAtMs: nowMs },
  ],
  ['a disabled key stays so', { kind: 'disabled' }, { kind: 'disabled' }],
])('restoreKeyRecord(): %s', (_name, state, expected) => {
  expect(restoreKeyRecord(aRecord(state), nowMs)).toEqual(aRecord(expected));
});

test('restoreKeyRecord() moves a record from the future back with the clock', () => {
  const aheadMs = 10 * hour;
  const health = {
    ...aRecord(cooling).health,
    lastUsedMs: nowMs + aheadMs - 5,
    lastError: { reason: 'timed-out', atMs: nowMs + aheadMs - 7 },
  } as const;
  const record = aRecord(
    { ...cooling, sinceMs: nowMs + aheadMs - minute, untilMs: nowMs + aheadMs + 30_000 },
    {
      savedAtMs: nowMs + aheadMs,
      seats: { limit: 1, ceiling: { seats: 1, tryAtMs: nowMs + aheadMs + minute, holdMs: minute } },
      health,
    },
  );
  expect(restoreKeyRecord(record, nowMs)).toEqual({
    ...record,
    savedAtMs: nowMs,
    state: cooling,
    seats: { limit: 1, ceiling: { seats: 1, tryAtMs: nowMs + minute, holdMs: minute } },
    health: { ...health, lastUsedMs: nowMs - 5, lastError: { reason: 'timed-out', atMs: nowMs - 7 } },
  });
});

test('restoreKeyRecord() holds no ceiling for longer than an hour', () => {
  const ceiling = { seats: 1, tryAtMs: nowMs + 24 * hour, holdMs: hour };
  const { seats } = restoreKeyRecord(aRecord(cooling, { seats: { limit: 1, ceiling } }), nowMs);
  expect(seats.ceiling?.tryAtMs).toBe(nowMs + hour);
});
