import { expect, test } from 'vitest';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import { KeyPool } from '../../src/keys/key-pool.ts';
import { aKey } from '../support/builders.ts';
import { fakeClock } from '../support/fake-clock.ts';

const down: AttemptFailure = { blame: 'provider', reason: 'overloaded', detail: '' };
const rejected: AttemptFailure = { blame: 'key', reason: 'rejected', detail: '' };

/** A pool whose keys fail and succeed on command; after each command a second passes. */
function aPool(count: number) {
  const clock = fakeClock();
  const keys = Array.from({ length: count }, (_, index) => aKey(index + 1));
  const [random, tell] = [() => 0.5, () => undefined];
  const pool = new KeyPool({ keys, remembered: [], strategy: 'health-based', clock, random, tell });
  const call = async (place: number, failure?: AttemptFailure, model = 'm') => {
    const others = new Set(keys.filter((key) => key.place !== place).map(({ id }) => id));
    const answer = pool.lease('bytez', { model, avoid: others });
    if (answer.kind !== 'seat' || answer.lease.keyName !== `bytez #${place}`) throw new Error(`No seat of #${place}`);
    answer.lease.release(
      failure === undefined ? { kind: 'succeeded', ms: 1, model } : { kind: 'failed', failure, ms: 1, model },
    );
    await clock.advance(1_000);
  };
  const states = () => pool.snapshot().keys.map(({ state }) => state.kind);
  return { call, clock, states };
}

test('a key that fails twice while a sibling succeeds rests, and longer the next time', async () => {
  const { call, clock, states } = aPool(2);
  await call(1, down);
  await call(2);
  expect(states()).toEqual(['ready', 'ready']);
  await call(1, down);
  expect(states()).toEqual(['cooling', 'ready']);
  await clock.advance(10_000);
  expect(states()).toEqual(['ready', 'ready']);
  await call(1, down);
  await clock.advance(10_000);
  expect(states()).toEqual(['cooling', 'ready']);
});

test('a key that fails twice in a row rests when no sibling fails', async () => {
  const { call, states } = aPool(3);
  await call(1, down);
  await call(1, down);
  expect(states()).toEqual(['cooling', 'ready', 'ready']);
});

test('no key rests for the fault of a provider that is down for all of them', async () => {
  const { call, states } = aPool(3);
  for (let round = 0; round < 4; round += 1) for (const place of [1, 2, 3]) await call(place, down);
  expect(states()).toEqual(['ready', 'ready', 'ready']);
});

test('a provider that goes down sets at most one key apart, however its calls fall', async () => {
  const { call, states } = aPool(3);
  for (const place of [1, 1, 2, 2, 2, 3, 3, 3]) await call(place, down);
  expect(states()).toEqual(['cooling', 'ready', 'ready']);
});

test('a success ends the count, and another model is counted by itself', async () => {
  const { call, states } = aPool(2);
  await call(1, down);
  await call(1);
  await call(1, down);
  await call(1, down, 'other');
  expect(states()).toEqual(['ready', 'ready']);
});

test('the only key that is left never rests for the fault of the provider', async () => {
  const { call, states } = aPool(2);
  await call(2, rejected);
  for (let times = 0; times < 5; times += 1) await call(1, down);
  expect(states()).toEqual(['ready', 'benched']);
});
