import { expect, test } from 'vitest';
import type { AttemptFailure } from '../../../src/domain/failure.ts';
import { judgeByPeers, PlanWatch } from '../../../src/keys/pool/outlier-detection.ts';
import { aKey } from '../../support/builders.ts';
import { aPool, fail, failures, ok, seatOfKey, states, seatOf } from '../../support/a-pool.ts';
import { keyId } from '../../../src/domain/ids.ts';

const { down, rejected, strange } = failures;
const silent = { calls: 0, faults: 0, successesSince: 0, faultsSince: 0 };
const well = { calls: 12, faults: 0, successesSince: 3, faultsSince: 0 };
const ill = { calls: 12, faults: 8, successesSince: 1, faultsSince: 3 };

test.each([
  ['nobody was seen', 1, silent, 'unknown'],
  ['others succeed', 1, well, 'suspect'],
  ['others succeeded only before', 1, { ...well, successesSince: 0 }, 'unknown'],
  ['others fail', 1, ill, 'like-others'],
  ['nobody was seen, twice', 2, silent, 'alone'],
  ['others succeed, twice', 2, well, 'alone'],
  ['others fail, twice', 2, ill, 'like-others'],
  ['others began to fail after years of success', 2, { ...well, calls: 32, faultsSince: 1 }, 'like-others'],
  ['one of a few others failed', 2, { calls: 4, faults: 1, successesSince: 3, faultsSince: 1 }, 'like-others'],
  ['others fail often, and it never succeeds', 40, { ...ill, successesSince: 4, faultsSince: 8 }, 'alone'],
] as const)('judgeByPeers() where %s', (_name, inARow, others, expected) => {
  expect(judgeByPeers(inARow, others)).toBe(expected);
});

/** A pool whose keys fail and succeed on command; after each command a second passes. */
function aScene(count: number) {
  const keys = Array.from({ length: count }, (_, index) => aKey(index + 1));
  const { pool, clock } = aPool({ keys, maxSeats: () => 1 });
  const call = async (place: number, failure?: AttemptFailure, model = 'm') => {
    const lease = seatOfKey(pool, place, { model });
    await clock.advance(10);
    lease.release(failure === undefined ? ok(10, model) : fail(failure, model));
    await clock.advance(990);
  };
  return { pool, call, clock };
}

test('a key that fails while a sibling then succeeds is a suspect, and rests when it fails again, longer each time', async () => {
  const { pool, call, clock } = aScene(2);
  await call(1, down);
  expect(states(pool)).toEqual(['ready', 'ready']);
  await call(2);
  expect(states(pool)).toEqual(['suspect', 'ready']);
  await call(1, down);
  expect(states(pool)).toEqual(['cooling', 'ready']);
  await clock.advance(10_000);
  expect(states(pool)).toEqual(['half-open', 'ready']);
  await call(1, down);
  await clock.advance(12_000);
  expect(states(pool)).toEqual(['cooling', 'ready']);
});

test('a suspect that succeeds is none any more', async () => {
  const { pool, call } = aScene(2);
  await call(1, down);
  await call(2);
  await call(1);
  expect(states(pool)).toEqual(['ready', 'ready']);
});

test('a suspect is handed out after its siblings', async () => {
  const { pool, call } = aScene(2);
  await call(1, down);
  await call(2);
  const places = [pool.lease('bytez'), pool.lease('bytez')].map((answer) =>
    answer.kind === 'seat' ? answer.lease.keyName : answer.kind,
  );
  expect(places).toEqual(['bytez #2', 'bytez #1']);
});

test('a suspect is cleared as soon as its siblings fail too', async () => {
  const { pool, call } = aScene(3);
  await call(1, down);
  await call(2);
  await call(3, down);
  await call(2, down);
  expect(states(pool)).toEqual(['ready', 'ready', 'ready']);
});

test('a key that fails twice in a row rests when no sibling fails', async () => {
  const { pool, call } = aScene(3);
  await call(1, down);
  await call(1, down);
  expect(states(pool)).toEqual(['cooling', 'ready', 'ready']);
});

test('calls that were under way at once fail as one', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1, { seats: 3 }), aKey(2, { seats: 3 })] });
  const leases = [1, 2, 3].map(() => seatOfKey(pool, 1));
  await clock.advance(10);
  for (const lease of leases) lease.release(fail(down));
  expect(states(pool)).toEqual(['ready', 'ready']);
});

test('no key rests, nor is a suspect, for the fault of a provider that is down for all of them', async () => {
  const { pool, call } = aScene(3);
  for (const place of [1, 2, 3]) await call(place);
  for (let round = 0; round < 4; round += 1) {
    for (const place of [1, 2, 3]) await call(place, down);
    expect(states(pool)).toEqual(['ready', 'ready', 'ready']);
  }
});

test('a provider that goes down sets at most one key apart, however its calls fall', async () => {
  const { pool, call } = aScene(3);
  for (const place of [1, 1, 2, 2, 2, 3, 3, 3]) await call(place, down);
  expect(states(pool)).toEqual(['cooling', 'ready', 'ready']);
});

test('a success ends the count, and another model is counted by itself', async () => {
  const { pool, call } = aScene(2);
  await call(1, down);
  await call(1);
  await call(1, down);
  await call(1, down, 'other');
  expect(states(pool)).toEqual(['ready', 'ready']);
});

test('the only key that is left never rests for the fault of the provider', async () => {
  const { pool, call } = aScene(2);
  await call(2, rejected);
  for (let times = 0; times < 5; times += 1) await call(1, down);
  expect(states(pool)).toEqual(['ready', 'benched']);
});

test('a failure that is in no table is held against nobody', async () => {
  const { pool, call } = aScene(2);
  for (let times = 0; times < 5; times += 1) {
    await call(1, strange);
    await call(2);
  }
  expect(states(pool)).toEqual(['ready', 'ready']);
});

test('of five keys that hang at most two rest by guess, and never the last that takes calls', async () => {
  const { pool, call } = aScene(5);
  for (const place of [1, 2, 3, 4]) await call(place, failures.late);
  expect(states(pool)).toEqual(['cooling', 'cooling', 'ready', 'ready', 'ready']);
  const two = aScene(2);
  await two.call(1, failures.rejected);
  await two.call(2, failures.late);
  expect(states(two.pool)).toEqual(['benched', 'ready']);
});

const [key, other] = [keyId('9f2c0000000000aa'), keyId('9f2c0000000000bb')];
const minute = 60_000;

test('PlanWatch takes a rate limit that never ends for a model outside the plan, once for each streak', () => {
  const plans = new PlanWatch();
  const found = Array.from({ length: 20 }, (_, index) => plans.limited(key, 'm', index * 2 * minute));
  expect(found.flatMap((isEndless, index) => (isEndless ? [index] : []))).toEqual([7, 15]);
});

test('PlanWatch concludes nothing from a burst, from different models and keys, or after one success', () => {
  const plans = new PlanWatch();
  for (let index = 0; index < 50; index += 1) expect(plans.limited(key, 'm', index)).toBe(false);
  for (let index = 0; index < 7; index += 1) {
    expect(plans.limited(key, `m-${index}`, index * 5 * minute)).toBe(false);
    expect(plans.limited(other, 'm', index * 5 * minute)).toBe(false);
  }
  plans.succeeded(other, 'm');
  for (let index = 0; index < 50; index += 1) expect(plans.limited(other, 'm', index * minute)).toBe(false);
});

test('KeyPool leaves a key out for a model that only ever limits it, says so once, and uses it for other models', async () => {
  const { pool, clock, events } = aPool({ keys: [aKey(1)] });
  for (let call = 0; call < 8; call += 1) {
    seatOf(pool, { model: 'm' }).release(fail(failures.limited, 'm'));
    await clock.advance(2 * minute);
  }
  expect(events.filter(({ event }) => event === 'key.not-in-plan')).toMatchObject([
    { keyName: 'bytez #1', provider: 'bytez', model: 'm' },
  ]);
  await clock.advance(5 * 60 * minute);
  expect(pool.lease('bytez', { model: 'm' })).not.toMatchObject({ kind: 'seat' });
  expect(pool.lease('bytez', { model: 'other' })).toMatchObject({ kind: 'seat' });
});
