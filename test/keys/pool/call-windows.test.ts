import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Lease } from '../../../src/domain/key-leases.ts';
import { aPool, fail, failures, minute, ok, seatOf, states } from '../../support/a-pool.ts';
import { aKey } from '../../support/builders.ts';
import { runs } from '../../support/property-runs.ts';

const fiveAMinute = { limit: 5, lengthMs: minute };

test('KeyPool sends no call more than a refusal allowed, waits no longer than needed, and blames nobody', async () => {
  const { pool, clock, events } = aPool({ keys: [aKey(1, { seats: 4 })] });
  const firstMs = clock.now();
  for (let call = 0; call < 5; call += 1) {
    seatOf(pool).release(ok());
    await clock.advance(1_000);
  }
  seatOf(pool).release({ ...fail(failures.hurried), window: fiveAMinute });
  // Nothing is guessed: when the first of the calls is out of the minute, the next one may be sent.
  const opensMs = firstMs + minute + 1_000;
  expect(pool.lease('bytez')).toEqual({ kind: 'cooling', untilMs: opensMs });
  expect(pool.snapshot()).toMatchObject({ cooling: 1, nextWakeMs: opensMs });
  await clock.advance(opensMs - clock.now() - 1);
  expect(pool.lease('bytez').kind).toBe('cooling');
  await clock.advance(1);
  seatOf(pool).release(ok());
  expect(states(pool)).toEqual(['cooling']);
  const reasons = events.flatMap((event) =>
    event.event === 'key.changed' && event.state.kind === 'cooling' ? [event.state.reason] : [],
  );
  expect(reasons).toEqual(['window', 'window']);
});

test('KeyPool lets a key rest whose answer leaves no call, all keys of its account with it, and takes them back at the next word', async () => {
  const [one, two] = [aKey(1, { seats: 2 }), aKey(2, { seats: 2 })];
  const groups = new Map([one, two].map(({ id }) => [id, one.id] as const));
  const { pool, clock } = aPool({ keys: [one, two, aKey(3)], groups, maxSeats: () => 2 });
  const lease = seatOf(pool, { avoid: new Set([aKey(3).id]) });
  const other = seatOf(pool, { avoid: new Set([aKey(3).id]) });
  lease.release({ ...ok(), window: { limit: 9, remaining: 0, resetsAtMs: clock.now() + 20_000 } });
  expect(states(pool)).toEqual(['cooling', 'cooling', 'ready']);
  other.release({ ...ok(), window: { limit: 9, remaining: 4, resetsAtMs: clock.now() + 20_000 } });
  expect(states(pool)).toEqual(['ready', 'ready', 'ready']);
});

test('KeyPool keeps an account’s window and its calls over a restart', async () => {
  const first = aPool({ keys: [aKey(1)] });
  for (let call = 0; call < 4; call += 1) seatOf(first.pool).release(ok());
  seatOf(first.pool).release({ ...fail(failures.limited), window: fiveAMinute });
  const remembered = [...first.records.values()];
  const { pool, clock } = aPool({ keys: [aKey(1)], remembered, clock: first.clock });
  await clock.advance(30_000);
  seatOf(pool).release(ok());
  expect(pool.lease('bytez')).toEqual({ kind: 'cooling', untilMs: clock.now() + minute + 1_000 - 30_000 });
});

test('a key that an admin wakes is asked again, whatever was learned of its window', () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  seatOf(pool).release({ ...fail(failures.limited), window: { limit: 1, lengthMs: minute } });
  const [entry] = pool.keys();
  if (entry === undefined) throw new Error('Expected a key');
  pool.note(entry.key.id, { kind: 'wake' });
  seatOf(pool).release(ok());
  expect(states(pool)).toEqual(['ready']);
});

test('a lease that was not used is no call of the window', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)] });
  seatOf(pool).release({ ...fail(failures.limited), window: { limit: 1, lengthMs: minute } });
  await clock.advance(30_000);
  seatOf(pool).release({ kind: 'unused' });
  seatOf(pool).release(ok());
  expect(states(pool)).toEqual(['cooling']);
});

const aWindow = fc.record({ limit: fc.integer({ min: 1, max: 8 }), lengthMs: fc.integer({ min: 2_000, max: 90_000 }) });
const someSteps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('call' as const), end: fc.constantFrom('later', 'now', 'unused', 'fault') }),
    fc.record({ do: fc.constant('end' as const) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 30_000 }) }),
  ),
  { minLength: 20, maxLength: 150 },
);

test('calls never exceed a learned window, and no key is kept longer than until it opens', async () => {
  await fc.assert(
    fc.asyncProperty(aWindow, fc.integer({ min: 1, max: 4 }), someSteps, async (window, seats, steps) => {
      const { pool, clock } = aPool({ keys: [aKey(1, { seats })], maxSeats: () => seats });
      seatOf(pool).release({ ...fail({ ...failures.hurried, retryAfterMs: 1 }), window });
      await clock.advance(1);
      seatOf(pool).release(ok());
      const sent = [clock.now()];
      const open: Lease[] = [];
      const marginMs = Math.min(1_000, window.lengthMs / 20);
      const end = (lease: Lease, how: string) => {
        if (how === 'unused') sent.splice(sent.lastIndexOf(clock.now()), 1);
        lease.release(how === 'unused' ? { kind: 'unused' } : how === 'fault' ? fail(failures.noModel) : ok());
      };
      for (const step of steps) {
        if (step.do === 'wait') await clock.advance(step.ms);
        if (step.do === 'end') open.shift()?.release(ok());
        if (step.do !== 'call') continue;
        const nowMs = clock.now();
        const recent = sent.filter((ms) => ms > nowMs - window.lengthMs);
        const answer = pool.lease('bytez');
        if (answer.kind === 'seat') {
          expect(recent.length).toBeLessThan(window.limit);
          sent.push(nowMs);
          if (step.end === 'later') open.push(answer.lease);
          else end(answer.lease, step.end);
        } else if (answer.kind === 'cooling') {
          const opensMs = (sent.at(-window.limit) ?? -Infinity) + window.lengthMs + marginMs;
          expect(answer.untilMs).toBeLessThanOrEqual(opensMs);
        }
      }
    }),
    { numRuns: runs(1_000) },
  );
});

test('a window that is stated to end sooner than a minute after its first call begins anew for all calls', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)] });
  for (let call = 0; call < 5; call += 1) seatOf(pool).release(ok());
  await clock.advance(10_000);
  seatOf(pool).release({ ...fail({ ...failures.limited, retryAfterMs: 5_000 }), window: fiveAMinute });
  expect(pool.lease('bytez')).toEqual({ kind: 'cooling', untilMs: clock.now() + 5_000 });
  await clock.advance(5_000);
  for (let call = 0; call < 5; call += 1) seatOf(pool).release(ok());
  expect(pool.lease('bytez').kind).toBe('cooling');
});

test('KeyPool counts an allowance of the day that a refusal named: on the next day no call is sent that would be refused', async () => {
  const { pool, clock, records } = aPool({ keys: [aKey(1)] });
  const day = 1_440 * minute;
  const resetsAtMs = clock.now() + 120 * minute;
  const spent = { ...failures.poor, retryAfterMs: 120 * minute };
  seatOf(pool).release({ ...fail(spent), window: { limit: 3, lengthMs: day, resetsAtMs } });
  expect(pool.lease('bytez').kind).not.toBe('seat');
  await clock.advance(120 * minute);
  const firstMs = clock.now();
  for (let call = 0; call < 3; call += 1) {
    seatOf(pool).release(ok());
    await clock.advance(minute);
  }
  expect(pool.lease('bytez')).toEqual({ kind: 'cooling', untilMs: firstMs + day });
  const again = aPool({ keys: [aKey(1)], remembered: [...records.values()], clock });
  expect(again.pool.lease('bytez').kind).not.toBe('seat');
  await clock.advance(firstMs + day - clock.now());
  seatOf(again.pool).release(ok());
});
