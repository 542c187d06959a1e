import { expect, test } from 'vitest';
import type { KeyPool } from '../../../src/keys/pool/key-pool.ts';
import { type KeyChoice, strategies } from '../../../src/keys/pool/select-key.ts';
import { aPool, fail, failures, ok, seatOf, seatOfKey } from '../../support/a-pool.ts';
import { aKey } from '../../support/builders.ts';

const four = { seats: 4 };

/** Lets each key answer some calls in its own time, by the order of places. */
function teach(pool: KeyPool, latenciesMs: readonly number[], calls = 3): void {
  for (let call = 0; call < calls; call += 1) {
    for (const [index, ms] of latenciesMs.entries()) seatOfKey(pool, index + 1).release(ok(ms));
  }
}

function keyOf(pool: KeyPool, request = {}): string {
  const answer = pool.lease('bytez', request);
  return answer.kind === 'seat' ? answer.lease.keyName.slice('bytez '.length) : answer.kind;
}

test('the key that should answer first is chosen, calls under way counted', () => {
  const { pool } = aPool({ keys: [aKey(1, four), aKey(2, four), aKey(3, four)], maxSeats: () => 4 });
  teach(pool, [100, 90, 250]);
  expect(Array.from({ length: 6 }, () => keyOf(pool))).toEqual(['#2', '#1', '#2', '#1', '#3', '#2']);
});

test('before the first answer calls are spread evenly', async () => {
  const keys = [1, 2, 3, 4, 5].map((place) => aKey(place, four));
  const { pool, clock } = aPool({ keys });
  const names: string[] = [];
  for (let call = 0; call < 10; call += 1) {
    names.push(keyOf(pool));
    await clock.advance(1_000);
  }
  expect([...names].sort()).toEqual(['#1', '#1', '#2', '#2', '#3', '#3', '#4', '#4', '#5', '#5']);
});

test('a key of twice the weight gets twice the calls', () => {
  const { pool } = aPool({ keys: [aKey(1, { seats: 9 }), aKey(2, { seats: 9, weight: 2 })] });
  teach(pool, [100, 100]);
  const names = Array.from({ length: 9 }, () => keyOf(pool));
  expect(names.filter((name) => name === '#2')).toHaveLength(6);
});

test('a key that fails comes after its siblings until they carry much more', () => {
  const { pool } = aPool({ keys: [aKey(1, four), aKey(2, four)], maxSeats: () => 4 });
  teach(pool, [100, 100]);
  seatOfKey(pool, 1).release(fail(failures.strange));
  expect(Array.from({ length: 4 }, () => keyOf(pool))).toEqual(['#2', '#2', '#2', '#1']);
});

test('an unknown key is taken for an ordinary one', () => {
  const { pool } = aPool({ keys: [aKey(1, four), aKey(2, four), aKey(3, four)] });
  for (const [place, ms] of [
    [1, 100],
    [1, 100],
    [2, 300],
  ] as const) {
    seatOfKey(pool, place).release(ok(ms));
  }
  const lease = seatOfKey(pool, 3);
  expect(lease.choice.expectedMs).toBe(100);
});

test('the model and the kind of job have their own expectation', () => {
  const { pool } = aPool({ keys: [aKey(1, four), aKey(2, four)] });
  const answered = (place: number, ms: number, model: string) =>
    seatOfKey(pool, place).release({ kind: 'succeeded', ms, model, job: 'image' });
  answered(1, 100, 'org/a');
  answered(2, 200, 'org/a');
  answered(1, 900, 'org/b');
  answered(2, 400, 'org/b');
  const choices = ['org/a', 'org/b'].map((model) => {
    const lease = seatOf(pool, { model, job: 'image' });
    lease.release({ kind: 'unused' });
    return [lease.keyName, lease.choice.expectedMs];
  });
  expect(choices).toEqual([
    ['bytez #1', 100],
    ['bytez #2', 400],
  ]);
});

test('slow keys are held back while fast ones are only busy, unless they are asked for', () => {
  const { pool } = aPool({ keys: [aKey(1), aKey(2), aKey(3)], maxSeats: () => 1 });
  teach(pool, [100, 110, 4_000]);
  expect([keyOf(pool), keyOf(pool)]).toEqual(['#1', '#2']);
  expect(pool.lease('bytez')).toEqual({ kind: 'slow', slowMs: 4_000, fastMs: 100, fastSeats: 2 });
  expect(keyOf(pool, { evenSlow: true })).toBe('#3');
});

test('a key whose call hangs is not looked at again before it has come back', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1, four), aKey(2, four)], maxSeats: () => 4 });
  teach(pool, [100, 100]);
  seatOfKey(pool, 1);
  await clock.advance(1_000);
  const names = Array.from({ length: 200 }, () => {
    const lease = seatOf(pool);
    lease.release(ok(100));
    return lease.keyName;
  });
  expect(new Set(names)).toEqual(new Set(['bytez #2']));
});

test('a slow key is used when no faster one works', () => {
  const { pool } = aPool({ keys: [aKey(1), aKey(2)], maxSeats: () => 1 });
  teach(pool, [100, 4_000]);
  seatOfKey(pool, 1).release(fail(failures.limited));
  expect(keyOf(pool)).toBe('#2');
});

test('one seat of 64 goes to a key that is only slow, and is said to', () => {
  const { pool } = aPool({ keys: [aKey(1), aKey(2)], maxSeats: () => 1 });
  teach(pool, [100, 4_000], 1);
  const whys = Array.from({ length: 640 }, () => {
    const lease = seatOf(pool);
    lease.release(ok(lease.keyName === 'bytez #1' ? 100 : 4_000));
    return `${lease.keyName} ${lease.choice.why}`;
  });
  const explored = whys.filter((why) => why === 'bytez #2 explored').length;
  expect([explored, whys.filter((why) => why.startsWith('bytez #2')).length]).toEqual([10, 10]);
});

test('a slow key that became fast again is used again', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1), aKey(2)], maxSeats: () => 1 });
  teach(pool, [100, 4_000], 1);
  let used = 0;
  for (let call = 0; call < 2_000; call += 1) {
    const lease = seatOf(pool);
    if (lease.keyName === 'bytez #2') used += 1;
    await clock.advance(100);
    lease.release(ok(lease.keyName === 'bytez #2' ? 50 : 100));
  }
  expect(used).toBeGreaterThan(1_000);
});

test('the trail says what spoke for the key and why others were passed over', () => {
  const keys = [1, 2, 3, 4, 5, 6, 7].map((place) => aKey(place, place === 7 ? { onlyModel: 'org/b' } : {}));
  const { pool } = aPool({ keys, maxSeats: () => 1 });
  seatOfKey(pool, 1).release(fail(failures.limited));
  seatOfKey(pool, 2).release(fail(failures.rejected));
  pool.note(aKey(3).id, { kind: 'disable' });
  seatOfKey(pool, 4);
  const lease = seatOf(pool, { model: 'org/a', avoid: new Set([aKey(5).id]) });
  expect([lease.keyName, lease.choice]).toEqual([
    'bytez #6',
    {
      why: 'only-one',
      of: 1,
      skipped: { cooling: 1, benched: 1, disabled: 1, busy: 1, 'other-model': 1, 'just-failed': 1 },
    },
  ]);
});

test.each([
  ['round-robin', 'in-turn', ['#1', '#2', '#3', '#1']],
  ['least-used', 'least-used', ['#1', '#2', '#3', '#1']],
  ['weighted', 'by-weight', ['#2', '#2', '#2', '#2']],
  ['primary-first', 'first-in-order', ['#1', '#1', '#1', '#1']],
] as const)('the strategy %s chooses by its rule and says so', (strategy, why, expected) => {
  const { pool } = aPool({ strategy });
  const leases = expected.map(() => {
    const lease = seatOf(pool);
    lease.release(ok());
    return lease;
  });
  expect(leases.map(({ keyName }) => keyName.slice('bytez '.length))).toEqual(expected);
  expect(leases.map(({ choice }) => choice.why)).toEqual(expected.map(() => why));
});

test('a seat for which there was no job does not cost the key its turn', () => {
  const { pool } = aPool({ strategy: 'round-robin' });
  const names = ['used', 'unused', 'used'].map((how) => {
    const lease = seatOf(pool);
    lease.release(how === 'used' ? ok() : { kind: 'unused' });
    return lease.keyName;
  });
  expect(names).toEqual(['bytez #1', 'bytez #2', 'bytez #2']);
});

test('among a thousand keys two are drawn and the better one is taken, and none that may not be', () => {
  const keys = Array.from({ length: 1_000 }, (_, index) => aKey(index + 1));
  let seed = 7;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const { pool } = aPool({ keys, random, maxSeats: () => 1 });
  for (const key of keys.slice(0, 300)) pool.note(key.id, { kind: 'disable' });
  const leases = Array.from({ length: 700 }, () => seatOf(pool));
  expect(new Set(leases.map(({ keyId }) => keyId)).size).toBe(700);
  expect(pool.lease('bytez')).toEqual({ kind: 'busy' });
  expect(leases[0]?.choice).toEqual({ why: 'better-of-two', of: 700, skipped: { disabled: 300 } });
});

test('among many keys the few that serve a model are found', () => {
  const keys = Array.from({ length: 200 }, (_, index) =>
    aKey(index + 1, index === 123 ? { onlyModel: 'org/b' } : { onlyModel: 'org/a' }),
  );
  const { pool } = aPool({ keys });
  expect(keyOf(pool, { model: 'org/b' })).toBe('#124');
});

test('among calls of a few milliseconds no key is slow: its free seat is not held back', () => {
  const { pool } = aPool({ keys: [aKey(1), aKey(2)], maxSeats: () => 1 });
  teach(pool, [1, 40]);
  expect([keyOf(pool), keyOf(pool)]).toEqual(['#1', '#2']);
});

const context = { lastPlace: 0, random: () => 0 };

function choice(place: number, more: Partial<KeyChoice> = {}): KeyChoice {
  return { place, weight: 1, calls: 0, ...more };
}

test('round-robin goes on after the last place and starts over', () => {
  const keys = [choice(5), choice(2), choice(1)];
  const places = [0, 1, 2, 5].map(
    (lastPlace) => strategies['round-robin'].choose(keys, { ...context, lastPlace })?.place,
  );
  expect(places).toEqual([1, 2, 5, 1]);
});

test('least-used takes the key with the fewest calls, among equals the first', () => {
  const keys = [choice(3, { calls: 3 }), choice(1, { calls: 4 }), choice(2, { calls: 3 })];
  expect(strategies['least-used'].choose(keys, context)?.place).toBe(2);
});

test('weighted gives each key its share', () => {
  const keys = [choice(1, { weight: 3 }), choice(2), choice(3)];
  const places = [0, 0.59, 0.61, 0.79, 0.81, 0.999].map(
    (chance) => strategies.weighted.choose(keys, { ...context, random: () => chance })?.place,
  );
  expect(places).toEqual([1, 1, 2, 2, 3, 3]);
});

test('primary-first takes the first place that has a seat', () => {
  expect(strategies['primary-first'].choose([choice(4), choice(2), choice(3)], context)?.place).toBe(2);
});

test('no rule chooses where there is nothing to choose', () => {
  const { 'health-based': _byTime, ...plain } = strategies;
  expect(Object.values(plain).map(({ choose }) => choose([], context))).toEqual(Array(4).fill(undefined));
});
