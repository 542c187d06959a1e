import { expect, test } from 'vitest';
import type { AttemptFailure } from '../../../src/domain/failure.ts';
import { jobId } from '../../../src/domain/ids.ts';
import type { KeyPool } from '../../../src/keys/pool/key-pool.ts';
import { aPool, hour, seatOf, seatOfKey } from '../../support/a-pool.ts';
import { aKey } from '../../support/builders.ts';

const doubtful = { blame: 'key', reason: 'rejected', sureness: 'likely', detail: 'HTTP 403: Forbidden' } as const;
const [one, other, third] = ['tg-1', 'tg-2', 'tg-3'].map((id) => jobId(id)) as [
  ReturnType<typeof jobId>,
  ReturnType<typeof jobId>,
  ReturnType<typeof jobId>,
];

function refuse(pool: KeyPool, place: number, job = one, failure: AttemptFailure = doubtful): void {
  seatOfKey(pool, place).release({ kind: 'failed', failure, ms: 5, model: 'a', job: 'image', jobId: job });
}

function statesOf(pool: KeyPool): readonly string[] {
  return pool.snapshot().keys.map(({ state }) => state.kind);
}

/** Takes the first key out of use: another key served what it refused. */
function benchByAnotherKey(pool: KeyPool): void {
  refuse(pool, 1);
  pool.served(one, 'a');
}

test('KeyPool benches no key for a request that every key refuses, and changes no state on the way', () => {
  const { pool, events } = aPool();
  for (const place of [1, 2, 3]) refuse(pool, place);
  pool.acquit(one);
  expect(statesOf(pool)).toEqual(['ready', 'ready', 'ready']);
  expect(events).toEqual([]);
  expect(pool.snapshot().keys.map(({ consecutiveErrors }) => consecutiveErrors)).toEqual([0, 0, 0]);
});

test('KeyPool holds a key back while a request that it refused is open, and never the only one', () => {
  const { pool } = aPool({ keys: [aKey(1), aKey(2)] });
  refuse(pool, 1);
  const next = seatOf(pool);
  expect(next.keyName).toBe('bytez #2');
  expect(pool.lease('bytez').kind).toBe('busy');
  next.release({ kind: 'failed', failure: doubtful, ms: 5, model: 'a', jobId: other });
  expect(pool.seats('bytez')).toBe(2);
  pool.acquit(one);
  pool.acquit(other);
  expect(pool.seats('bytez')).toBe(2);
});

test('KeyPool benches a key whose refused request another key has served, for the same model alone', () => {
  const { pool } = aPool();
  refuse(pool, 1);
  pool.served(one, 'b');
  expect(statesOf(pool)).toEqual(['ready', 'ready', 'ready']);
  refuse(pool, 2, other);
  pool.served(other, 'a');
  expect(statesOf(pool)).toEqual(['ready', 'benched', 'ready']);
});

test('KeyPool benches a key when two requests that it refused were served by another model', () => {
  const { pool } = aPool();
  for (const job of [one, other]) {
    refuse(pool, 1, job);
    pool.served(job, 'b');
  }
  expect(pool.snapshot().keys[0]?.state).toMatchObject({ kind: 'benched', times: 2, confirmed: true });
});

test('KeyPool takes the same model and another one together: two requests that were served are two', () => {
  const { pool } = aPool();
  refuse(pool, 1, one);
  pool.served(one, 'b');
  refuse(pool, 1, other);
  pool.served(other, 'a');
  expect(pool.snapshot().keys[0]?.state).toMatchObject({ kind: 'benched', times: 2, confirmed: true });
});

test('KeyPool benches a key for longer when its trial is refused and another model serves the request', () => {
  const { pool } = aPool();
  benchByAnotherKey(pool);
  pool.note(aKey(1).id, { kind: 'probe-begins' });
  pool.note(aKey(1).id, { kind: 'probe-passed' });
  refuse(pool, 1, other);
  pool.served(other, 'b');
  expect(pool.snapshot().keys[0]?.state).toMatchObject({ kind: 'benched', times: 2, confirmed: true });
});

test.each(['before its probe', 'while its probe runs'])(
  'KeyPool confirms a bench by a second request that was refused, %s',
  (when) => {
    const { pool } = aPool();
    refuse(pool, 1, one);
    // Both were refused before either was served: with every key in doubt, none is held back.
    for (const place of [2, 3]) refuse(pool, place, third);
    refuse(pool, 1, other);
    pool.served(one, 'a');
    if (when !== 'before its probe') pool.note(aKey(1).id, { kind: 'probe-begins' });
    pool.served(other, 'b');
    expect(pool.snapshot().keys[0]?.state).toMatchObject({ kind: 'benched', times: 2, confirmed: true });
  },
);

test('KeyPool forgets what a request said of a key that has served another one since', () => {
  const { pool } = aPool();
  refuse(pool, 1, one);
  pool.served(one, 'b');
  seatOfKey(pool, 1).release({ kind: 'succeeded', ms: 5, model: 'b', job: 'image' });
  refuse(pool, 1, third);
  pool.served(third, 'b');
  expect(statesOf(pool)).toEqual(['ready', 'ready', 'ready']);
});

test('KeyPool never gives a half-open key to a request that took it out of use', async () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  seatOf(pool).release({ kind: 'failed', failure: { blame: 'key', reason: 'rejected', detail: '' }, ms: 5 });
  const { id } = aKey(1);
  pool.note(id, { kind: 'probe-begins' });
  pool.note(id, { kind: 'probe-passed' });
  expect(pool.lease('bytez', { model: 'a', noTrialOf: new Set([id]) }).kind).toBe('no-keys');
  expect(pool.lease('bytez', { model: 'a' }).kind).toBe('seat');
});

const poor = { blame: 'key', reason: 'out-of-credit', detail: '' } as const;

test('KeyPool leaves a key without credit for videos to pictures, and says until when videos are out', () => {
  const { pool, clock } = aPool({ keys: [aKey(1)] });
  seatOf(pool).release({ kind: 'failed', failure: poor, ms: 5, model: 'v', job: 'video' });
  expect(statesOf(pool)).toEqual(['ready']);
  expect(pool.lease('bytez', { model: 'v', job: 'video' })).toEqual({
    kind: 'benched',
    reason: 'out-of-credit',
    probeAtMs: clock.now() + hour,
  });
  expect(seatOf(pool, { model: 'a', job: 'image' }).keyName).toBe('bytez #1');
});

test('KeyPool leaves a key out for one dear model, and uses it for a cheaper one of the same kind', () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  const failure = { ...poor, credit: 'this-price' } as const;
  seatOf(pool).release({ kind: 'failed', failure, ms: 5, model: 'dear', job: 'image' });
  expect(pool.lease('bytez', { model: 'dear', job: 'image' })).toMatchObject({ reason: 'out-of-credit' });
  expect(seatOf(pool, { model: 'cheap', job: 'image' }).keyName).toBe('bytez #1');
});

test('KeyPool leaves a key out for a model whose own allowance is used up, until the stated reset, and uses it for all others', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)] });
  const failure = { ...poor, credit: 'this-model', retryAfterMs: 5 * hour } as const;
  seatOf(pool).release({ kind: 'failed', failure, ms: 5, model: 'a', job: 'image' });
  expect(statesOf(pool)).toEqual(['ready']);
  expect(pool.lease('bytez', { model: 'a', job: 'image' })).toMatchObject({
    reason: 'out-of-credit',
    probeAtMs: clock.now() + 5 * hour,
  });
  seatOf(pool, { model: 'b', job: 'image' }).release({ kind: 'unused' });
  seatOf(pool, { model: 'v', job: 'video' }).release({ kind: 'unused' });
  await clock.advance(5 * hour);
  expect(seatOf(pool, { model: 'a', job: 'image' }).keyName).toBe('bytez #1');
});

test('KeyPool benches a key whose account pays for nothing, whatever was asked', () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  const failure = { ...poor, credit: 'all' } as const;
  seatOf(pool).release({ kind: 'failed', failure, ms: 5, model: 'v', job: 'video' });
  expect(statesOf(pool)).toEqual(['benched']);
});

test('KeyPool benches a key whose allowance of a day is used up until the stated reset', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)] });
  const failure = { ...poor, retryAfterMs: 5 * hour } as const;
  seatOf(pool).release({ kind: 'failed', failure, ms: 5, model: 'a', job: 'image' });
  expect(pool.snapshot().keys[0]?.state).toMatchObject({ kind: 'benched', probeAtMs: clock.now() + 5 * hour });
  await clock.advance(5 * hour - 1);
  expect(pool.lease('bytez').kind).toBe('benched');
  await clock.advance(1);
  expect(pool.lease('bytez').kind).toBe('seat');
});
