import { expect, test } from 'vitest';
import { aKey } from '../../support/builders.ts';
import { fail, failures, ok } from '../../support/a-pool.ts';
import { agreed, deathMs, somePools } from './pools.ts';

const unused = { kind: 'unused' } as const;

test('KeyPool.acquire() gives a seat that another process holds to nobody, and knows of it afterwards', async () => {
  const { open } = somePools({ keys: [aKey(1)] });
  const [one, other] = [await open(), await open()];
  await one.seat();
  expect(await other.pool.acquire('bytez')).toEqual({ kind: 'busy' });
  expect(agreed(other)).toEqual(agreed(one));
});

test('KeyPool.acquire() takes the next best key where the best one turns out to be taken', async () => {
  const { open } = somePools({ keys: [aKey(1), aKey(2)], strategy: 'primary-first' });
  const [one, other] = [await open(), await open()];
  expect((await one.seat()).keyName).toBe('bytez #1');
  expect((await other.seat()).keyName).toBe('bytez #2');
  expect((await one.pool.acquire('bytez')).kind).toBe('busy');
});

test('a seat that another process gives back is heard of here', async () => {
  const { open, settled } = somePools({ keys: [aKey(1)] });
  const [one, other] = [await open(), await open()];
  const seat = await one.seat();
  await other.pool.acquire('bytez');
  other.heard.length = 0;
  seat.release(ok());
  await settled();
  expect(other.heard).toContain('bytez');
  expect((await other.seat()).keyName).toBe('bytez #1');
});

test('the seat that a process gives back can be had by it again at once', async () => {
  const { open } = somePools({ keys: [aKey(1)] });
  const one = await open();
  for (let call = 0; call < 3; call += 1) (await one.seat()).release(ok());
  const seat = await one.seat();
  seat.release(unused);
  expect((await one.seat()).keyName).toBe('bytez #1');
});

test('the seats of a process that dies are free within fifteen seconds, and heard of', async () => {
  const { open, clock } = somePools({ keys: [aKey(1, { seats: 2 })], maxSeats: () => 2 });
  const [one, other] = [await open(), await open()];
  await one.seat();
  await one.seat();
  expect((await other.pool.acquire('bytez')).kind).toBe('busy');
  one.die();
  await clock.advance(6_000);
  expect((await other.pool.acquire('bytez')).kind).toBe('busy');
  other.heard.length = 0;
  await clock.advance(deathMs - 6_000);
  expect(other.heard).toContain('bytez');
  await other.seat();
  await other.seat();
});

test('what a process says of a seat that was taken for abandoned changes nothing', async () => {
  const { open, clock, settled } = somePools({ keys: [aKey(1)] });
  const [one, other] = [await open(), await open()];
  const late = await one.seat();
  one.wire.cut();
  await clock.advance(deathMs);
  const next = await other.seat();
  one.wire.restore();
  await clock.advance(deathMs);
  expect([await late.renew(), await next.renew()]).toEqual([false, true]);
  late.release(fail(failures.rejected));
  await settled();
  expect([one.states(), other.states()]).toEqual([['ready'], ['ready']]);
  expect((await one.pool.acquire('bytez')).kind).toBe('busy');
  next.release(ok());
  await settled();
  expect((await one.seat()).keyName).toBe('bytez #1');
});

test('no seat is given while the store is away, what runs may finish, and all is told later', async () => {
  const { open, clock } = somePools({ keys: [aKey(1), aKey(2)] });
  const [one, other] = [await open(), await open()];
  const seat = await one.seat();
  one.wire.cut();
  expect(await one.pool.acquire('bytez')).toEqual({ kind: 'busy' });
  expect(await seat.renew()).toBe(true);
  seat.release(fail(failures.rejected));
  expect(one.states()).toContain('benched');
  expect(other.states()).toEqual(['ready', 'ready']);
  one.heard.length = 0;
  one.wire.restore();
  await clock.advance(5_000);
  expect(one.heard).toContain('bytez');
  expect(agreed(other)).toEqual(agreed(one));
  expect(other.states().filter((kind) => kind === 'benched')).toHaveLength(1);
  await one.seat();
});

test('a call that is resumed while the store is away is counted there as soon as it is back', async () => {
  const { open, clock } = somePools({ keys: [aKey(1)] });
  const [one, other] = [await open(), await open()];
  one.wire.cut();
  const resumed = await one.pool.resume(aKey(1).id);
  expect(resumed?.keyName).toBe('bytez #1');
  one.wire.restore();
  await clock.advance(5_000);
  expect((await other.pool.acquire('bytez')).kind).toBe('busy');
  resumed?.release(ok());
  await clock.advance(1);
  await other.seat();
});

test('a state that one process finds out is the state in all, and a key that wakes is heard of', async () => {
  const { open, settled, clock } = somePools({ keys: [aKey(1)] });
  const [one, other] = [await open(), await open()];
  (await one.seat()).release(fail(failures.limited));
  await settled();
  expect(other.states()).toEqual(['cooling']);
  expect(await other.pool.acquire('bytez')).toEqual({ kind: 'cooling', untilMs: clock.now() + 30_000 });
  one.pool.note(aKey(1).id, { kind: 'wake' });
  other.heard.length = 0;
  await settled();
  expect(other.states()).toEqual(['ready']);
  expect(other.heard).toContain('bytez');
});

test('what two processes find out of one key at once holds in both', async () => {
  const { open, clock } = somePools({ keys: [aKey(1, { seats: 2 })], maxSeats: () => 2, delayMs: () => 20 });
  const [one, other] = [await open(), await open()];
  const taking = Promise.all([one.seat(), other.seat()]);
  await clock.advance(1_000);
  const [first, second] = await taking;
  first.release(fail(failures.limited));
  second.release(fail(failures.rejected));
  await clock.advance(1_000);
  expect(one.states()).toEqual(['benched']);
  expect(agreed(other)).toEqual(agreed(one));
});

test('a key that one process disables is given by none, whatever the others find out meanwhile', async () => {
  const { open, clock } = somePools({ keys: [aKey(1)], delayMs: () => 20 });
  const [one, other] = [await open(), await open()];
  const taking = other.seat();
  await clock.advance(1_000);
  const seat = await taking;
  one.pool.note(aKey(1).id, { kind: 'disable' });
  seat.release(fail(failures.limited));
  await clock.advance(1_000);
  expect([one.states(), other.states()]).toEqual([['disabled'], ['disabled']]);
});

test('a key whose rest is over makes one trial call, whichever process asks', async () => {
  const { open, clock, settled } = somePools({ keys: [aKey(1, { seats: 3 })], maxSeats: () => 3 });
  const [one, other] = [await open(), await open()];
  (await one.seat()).release(fail(failures.limited));
  await clock.advance(30_000);
  expect([one.states(), other.states()]).toEqual([['half-open'], ['half-open']]);
  const trial = await other.seat();
  expect((await one.pool.acquire('bytez')).kind).toBe('busy');
  trial.release(ok());
  await settled();
  expect(one.states()).toEqual(['ready']);
});

test('a limit that one process learns is the limit of all', async () => {
  const { open, settled } = somePools({ keys: [aKey(1, { seats: 4 })], maxSeats: () => 4 });
  const [one, other] = [await open(), await open()];
  const [first, second] = [await one.seat(), await other.seat()];
  (await one.seat()).release(fail(failures.crowded));
  await settled();
  expect(agreed(other)[0]?.seats).toBe(2);
  expect((await other.pool.acquire('bytez')).kind).toBe('busy');
  first.release(ok());
  await settled();
  await other.seat();
  second.release(ok());
});

test('of two limits that two processes find at once, the lower one holds in both', async () => {
  for (const [first, second] of [
    [2, 3],
    [3, 2],
  ] as const) {
    const { open, clock } = somePools({ keys: [aKey(1, { seats: 4 })], maxSeats: () => 4, delayMs: () => 20 });
    const [one, other] = [await open(), await open()];
    one.pool.tellSeats(aKey(1).id, first);
    other.pool.tellSeats(aKey(1).id, second);
    await clock.advance(1_000);
    expect([agreed(one)[0]?.seats, agreed(other)[0]?.seats]).toEqual([2, 2]);
  }
});

test('a window counts the calls of all processes', async () => {
  const { open, settled, clock } = somePools({ keys: [aKey(1, { seats: 8 })], maxSeats: () => 8 });
  const [one, other] = [await open(), await open()];
  (await one.seat()).release(ok());
  (await other.seat()).release(ok());
  (await one.seat()).release({
    kind: 'failed',
    failure: { blame: 'key', reason: 'rate-limited', retryAfterMs: 1_000, detail: '' },
    window: { limit: 4, lengthMs: 60_000 },
    ms: 10,
  });
  await settled();
  await clock.advance(2_000);
  (await other.seat()).release(ok());
  await settled();
  await one.seat();
  const told = { kind: 'cooling', untilMs: clock.now() - 2_000 + 61_000 };
  expect(await other.pool.acquire('bytez')).toEqual(told);
  expect(await one.pool.acquire('bytez')).toEqual(told);
  await clock.advance(60_000);
  (await other.seat()).release(ok());
});

test('a process that begins later knows what the others found out', async () => {
  const { open } = somePools({ keys: [aKey(1), aKey(2)] });
  const one = await open();
  (await one.seat()).release(fail(failures.rejected));
  await one.seat();
  const later = await open();
  expect(agreed(later)).toEqual(agreed(one));
  expect((await later.pool.acquire('bytez')).kind).toBe('busy');
});

test('keys of one account that one process has found out share their seats in all', async () => {
  const { open, clock } = somePools({ keys: [aKey(1), aKey(2)] });
  const [one, other] = [await open(), await open()];
  const [first] = [await one.seat()];
  for (let refusal = 0; refusal < 2; refusal += 1) {
    one.pool.note(first.keyId === aKey(1).id ? aKey(2).id : aKey(1).id, { kind: 'wake' });
    (await one.seat()).release(fail(failures.crowded));
  }
  await clock.advance(2_500);
  expect(agreed(one).map(({ account }) => account)).toEqual([aKey(1).id, aKey(1).id]);
  expect(agreed(other)).toEqual(agreed(one));
  other.pool.note(aKey(1).id, { kind: 'wake' });
  other.pool.note(aKey(2).id, { kind: 'wake' });
  expect((await other.pool.acquire('bytez')).kind).toBe('busy');
});

test('a machine whose clock is an hour ahead takes over times as its own clock has them, and so do the others', async () => {
  const { open, settled, clock } = somePools({ keys: [aKey(1)] });
  const hourMs = 3_600_000;
  const [one, ahead] = [await open(), await open({ aheadMs: hourMs })];
  (await ahead.seat()).release(fail(failures.limited));
  await settled();
  const untilMs = clock.now() + 30_000;
  expect(await one.pool.acquire('bytez')).toEqual({ kind: 'cooling', untilMs });
  expect(await ahead.pool.acquire('bytez')).toEqual({ kind: 'cooling', untilMs: untilMs + hourMs });
  await clock.advance(30_000);
  expect([one.states(), ahead.states()]).toEqual([['half-open'], ['half-open']]);
  (await one.seat()).release(fail(failures.crowded));
  await clock.advance(1);
  expect(agreed(ahead)[0]?.state).toMatchObject({ kind: 'cooling', reason: 'concurrency' });
  await clock.advance(60_000);
  expect([one.states(), ahead.states()]).toEqual([['half-open'], ['half-open']]);
});

test('what a process finds out as it ends is known to the others', async () => {
  const keys = [1, 2, 3, 4, 5, 6].map((place) => aKey(place));
  const { open, clock } = somePools({ keys, delayMs: () => 20 });
  const [one, other] = [await open(), await open()];
  const taking = Promise.all(keys.map(() => one.seat()));
  await clock.advance(1_000);
  for (const seat of await taking) seat.release(fail(failures.rejected));
  const ending = one.sharing[Symbol.asyncDispose]();
  await clock.advance(1_000);
  await ending;
  expect(new Set(other.states())).toEqual(new Set(['benched']));
});
