import { expect, test } from 'vitest';
import type { KeyRecord } from '../../../src/domain/key-state.ts';
import { aPool, fail, failures, hour, minute, ok, seatOf, seatOfKey, states } from '../../support/a-pool.ts';
import { aKey } from '../../support/builders.ts';

const oneSeat = () => 1;

test('KeyPool.lease() gives each seat once and says busy when all carry a call', () => {
  const { pool } = aPool();
  const names = [seatOf(pool), seatOf(pool), seatOf(pool)].map(({ keyName }) => keyName).sort();
  expect(names).toEqual(['bytez #1', 'bytez #2', 'bytez #3']);
  expect(pool.lease('bytez')).toEqual({ kind: 'busy' });
});

test('a lease gives its seat back once, however often it is released', () => {
  const { pool } = aPool({ keys: [aKey(1)], maxSeats: oneSeat });
  const first = seatOf(pool);
  first.release(ok());
  seatOf(pool);
  first.release(ok());
  expect(pool.lease('bytez')).toEqual({ kind: 'busy' });
  expect(pool.snapshot().keys[0]).toMatchObject({ calls: 1, successes: 1, inFlight: 1 });
});

test('KeyPool.lease() says that there are no keys for a provider without any', () => {
  const { pool } = aPool();
  expect([pool.lease('openai'), pool.seats('openai')]).toEqual([{ kind: 'no-keys' }, 0]);
});

test('a rate-limited key is not handed out before its time, and then for one call', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1, { seats: 4 })] });
  seatOf(pool).release(fail(failures.limited));
  expect([pool.lease('bytez'), pool.seats('bytez')]).toEqual([{ kind: 'cooling', untilMs: clock.now() + 30_000 }, 0]);
  await clock.advance(29_999);
  expect(pool.lease('bytez').kind).toBe('cooling');
  await clock.advance(1);
  expect(pool.seats('bytez')).toBe(1);
  seatOf(pool);
  expect(pool.lease('bytez')).toEqual({ kind: 'busy' });
});

test('a key that worked again carries one call, then two, then all that it did before', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1, { seats: 8 })], maxSeats: () => 8 });
  seatOf(pool).release(fail(failures.limited));
  await clock.advance(30_000);
  const shares = [1, 2, 3, 4].map(() => {
    const seats = pool.seats('bytez');
    seatOf(pool).release(ok());
    return seats;
  });
  expect(shares).toEqual([1, 2, 4, 8]);
});

/** Half of the first cooldown after a rate limit without a stated time (src/keys/rules/key-state.ts). */
const halfMs = 1_000;

test('a guessed cooldown is tried at half when no other key is left, and only then', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1), aKey(2)], random: () => 0.999_999 });
  for (const place of [1, 2]) seatOfKey(pool, place).release(fail(failures.hurried));
  expect(pool.lease('bytez')).toEqual({ kind: 'cooling', untilMs: clock.now() + halfMs });
  await clock.advance(halfMs);
  expect([...states(pool)].sort()).toEqual(['cooling', 'half-open']);
  seatOf(pool).release(ok());
  await clock.advance(halfMs - 1);
  expect([...states(pool)].sort()).toEqual(['cooling', 'ready']);
  await clock.advance(1);
  expect([...states(pool)].sort()).toEqual(['half-open', 'ready']);
});

test('onSeat() rings when a seat comes back and when a key wakes', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)] });
  let rings = 0;
  using _listening = pool.onSeat(() => {
    rings += 1;
  });
  seatOf(pool).release(fail(failures.limited));
  expect(rings).toBe(1);
  await clock.advance(29_000);
  expect(rings).toBe(1);
  await clock.advance(1_000);
  expect(rings).toBe(2);
});

test('a key without credit gets one careful call after an hour, and one only', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1, { seats: 4 })] });
  seatOf(pool).release(fail(failures.poor));
  expect(pool.lease('bytez')).toMatchObject({ kind: 'benched', reason: 'out-of-credit' });
  await clock.advance(hour);
  const careful = seatOf(pool);
  expect(pool.lease('bytez')).toEqual({ kind: 'busy' });
  careful.release(fail(failures.poor));
  await clock.advance(hour);
  expect(pool.lease('bytez')).toMatchObject({ kind: 'benched', reason: 'out-of-credit' });
  await clock.advance(hour);
  seatOf(pool).release(ok());
  expect(pool.snapshot()).toMatchObject({ ready: 1, benched: 0 });
});

test('a careful call that was not made leaves the key due, and goes before every other', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1), aKey(2)] });
  seatOfKey(pool, 1).release(fail(failures.poor));
  await clock.advance(hour);
  for (let times = 0; times < 2; times += 1) {
    const lease = seatOf(pool);
    expect([lease.keyName, lease.choice.why]).toEqual(['bytez #1', 'half-open']);
    lease.release({ kind: 'unused' });
  }
});

test('a try that may cost a person time is made now and then while other keys are free', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1), aKey(2)], maxSeats: oneSeat });
  seatOfKey(pool, 1).release(fail(failures.late));
  await clock.advance(5_000);
  const names = Array.from({ length: 20 }, () => {
    const lease = seatOf(pool);
    lease.release(lease.keyName === 'bytez #2' ? ok() : fail(failures.strange));
    return lease.keyName;
  });
  expect(names.filter((name) => name === 'bytez #1')).toHaveLength(2);
});

test('a try that may cost a person time is made when nothing else is free, and made up for when no job came', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1), aKey(2)], maxSeats: oneSeat });
  seatOfKey(pool, 1).release(fail(failures.late));
  await clock.advance(5_000);
  seatOfKey(pool, 2);
  seatOf(pool).release({ kind: 'unused' });
  expect(seatOf(pool).choice.why).toBe('half-open');
});

test('a refused key whose free probe passes gets one live call, which decides', () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  const { keyId } = seatOf(pool);
  pool.note(keyId, { kind: 'bench', reason: 'rejected' });
  pool.note(keyId, { kind: 'probe-begins' });
  expect(pool.lease('bytez')).toEqual({ kind: 'busy' });
  pool.note(keyId, { kind: 'probe-passed' });
  expect(states(pool)).toEqual(['half-open']);
});

test('a refused key is not known to be dead before it was refused twice', () => {
  const { pool } = aPool({ keys: [aKey(1), aKey(2)] });
  const lease = seatOfKey(pool, 1);
  lease.release(fail(failures.rejected));
  expect(pool.snapshot().keys[0]?.state).toMatchObject({ confirmed: false, times: 1 });
  pool.note(lease.keyId, { kind: 'probe-begins' });
  pool.note(lease.keyId, { kind: 'probe-passed' });
  seatOfKey(pool, 1).release(fail(failures.rejected));
  expect(pool.snapshot().keys[0]?.state).toMatchObject({ confirmed: true, times: 2 });
});

test('a concurrency refusal shrinks the seats without a rest, and a lone one lets the key rest', () => {
  const { pool } = aPool({ keys: [aKey(1, { seats: 3 })] });
  const [first, second, third] = [seatOf(pool), seatOf(pool), seatOf(pool)];
  third.release(fail(failures.crowded));
  expect(pool.snapshot().keys[0]).toMatchObject({ seats: 2, state: { kind: 'ready' } });
  first.release(ok());
  second.release(ok());
  seatOf(pool).release(fail(failures.crowded));
  expect(pool.snapshot().keys[0]).toMatchObject({ seats: 1, state: { kind: 'cooling', stated: false } });
});

test('the seat above a ceiling opens by itself when its time has come', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1, { seats: 2 })] });
  const [first, second] = [seatOf(pool), seatOf(pool)];
  second.release(fail(failures.crowded));
  let rings = 0;
  using _listening = pool.onSeat(() => {
    rings += 1;
  });
  await clock.advance(minute - 1);
  expect([pool.seats('bytez'), rings]).toEqual([1, 0]);
  await clock.advance(1);
  expect([pool.seats('bytez'), rings]).toEqual([2, 1]);
  first.release(ok());
});

test('failures of the provider, the model and the request leave the key ready', () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  for (const failure of [failures.down, failures.noModel, failures.bad]) seatOf(pool).release(fail(failure));
  expect(pool.snapshot()).toMatchObject({ ready: 1, keys: [{ calls: 3, consecutiveErrors: 1 }] });
});

test('KeyPool.lease() avoids keys that just failed, while there are others', () => {
  const { pool } = aPool({ keys: [aKey(1), aKey(2)] });
  const first = seatOf(pool);
  first.release(fail(failures.down));
  const second = seatOf(pool, { avoid: new Set([first.keyId]) });
  expect(second.keyName).not.toBe(first.keyName);
  expect(seatOf(pool, { avoid: new Set([first.keyId, second.keyId]) }).keyName).toBe(first.keyName);
});

test('a key for one model serves only that model', () => {
  const { pool } = aPool({ keys: [aKey(1, { onlyModel: 'org/a' })] });
  expect(pool.lease('bytez', { model: 'org/b' })).toEqual({ kind: 'no-keys' });
  const lease = seatOf(pool, { model: 'org/a' });
  expect([lease.serves('org/a'), lease.serves('org/b')]).toEqual([true, false]);
});

test('a key that may not use a model stays ready for others, and is asked for that one after 15 and 30 minutes', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)] });
  const ask = () => pool.lease('bytez', { model: 'org/a' });
  seatOf(pool).release(fail(failures.notEntitled, 'org/a'));
  expect([ask(), pool.lease('bytez', { model: 'org/b' }).kind]).toEqual([{ kind: 'no-keys' }, 'seat']);
  await clock.advance(15 * minute - 1);
  expect(ask()).toEqual({ kind: 'no-keys' });
  await clock.advance(1);
  const { keys } = pool.snapshot();
  expect(keys[0]?.state).toEqual({ kind: 'ready' });
});

test('a model that a key may not use is closed for longer each time, until a call succeeds', async () => {
  const { pool, clock } = aPool({ keys: [aKey(1)], maxSeats: oneSeat });
  const closedForMinutes = async () => {
    seatOf(pool, { model: 'org/a' }).release(fail(failures.notEntitled, 'org/a'));
    for (let minutes = 0; ; minutes += 1) {
      const answer = pool.lease('bytez', { model: 'org/a' });
      if (answer.kind === 'seat') answer.lease.release({ kind: 'unused' });
      if (answer.kind === 'seat') return minutes;
      await clock.advance(minute);
    }
  };
  expect([await closedForMinutes(), await closedForMinutes()]).toEqual([15, 30]);
  seatOf(pool).release(ok(10, 'org/a'));
  expect(await closedForMinutes()).toBe(15);
});

test('what was learned survives in the records', async () => {
  const { pool, clock, records } = aPool({ keys: [aKey(1), aKey(2), aKey(3)] });
  seatOfKey(pool, 1).release(fail(failures.limited));
  seatOfKey(pool, 2).release(fail(failures.rejected));
  seatOfKey(pool, 3).release(ok());
  const again = aPool({ keys: [aKey(1), aKey(2), aKey(3)], remembered: [...records.values()], clock });
  expect(again.pool.snapshot()).toEqual(pool.snapshot());
  await clock.advance(30_000);
  expect(states(again.pool)).toEqual(['half-open', 'benched', 'ready']);
});

test('onChange() tells what is urgent from what is only counted', () => {
  const { pool } = aPool({ keys: [aKey(1)], maxSeats: () => 2 });
  const urgencies: boolean[] = [];
  using _listening = pool.onChange((_id, _record, urgent) => urgencies.push(urgent));
  seatOf(pool).release(ok());
  seatOf(pool).release(ok());
  seatOf(pool).release(fail(failures.bad));
  seatOf(pool).release(fail(failures.limited));
  expect(urgencies).toEqual([true, false, false, true]);
});

test('snapshot() counts by state and tells the next wake-up', () => {
  const { pool, clock } = aPool();
  seatOf(pool).release(fail(failures.limited));
  seatOf(pool).release(fail(failures.rejected));
  expect(pool.snapshot()).toMatchObject({
    total: 3,
    ready: 1,
    cooling: 1,
    benched: 1,
    disabled: 0,
    nextWakeMs: clock.now() + 30_000,
  });
});

test('KeyPool.clearGuesses() takes back what was held against keys without knowing, since a moment', async () => {
  const { pool, clock, events } = aPool({ keys: [1, 2, 3, 4, 5, 6].map((place) => aKey(place)) });
  seatOfKey(pool, 1).release(fail(failures.late));
  await clock.advance(1_000);
  const sinceMs = clock.now();
  seatOfKey(pool, 2).release(fail(failures.late));
  seatOfKey(pool, 3).release(fail(failures.limited));
  seatOfKey(pool, 4).release(fail(failures.rejected));
  expect(states(pool)).toEqual(['cooling', 'cooling', 'cooling', 'benched', 'ready', 'ready']);
  expect(pool.clearGuesses('bytez', sinceMs)).toEqual(['bytez #2']);
  expect(states(pool)).toEqual(['cooling', 'ready', 'cooling', 'benched', 'ready', 'ready']);
  expect(events.at(-1)).toEqual({ event: 'keys.cleared', provider: 'bytez', keyNames: ['bytez #2'] });
  expect([pool.clearGuesses('bytez', sinceMs), pool.clearGuesses('openai', 0)]).toEqual([[], []]);
});

test('KeyPool.replaceKeys() keeps what is known of keys that stay, and calls with removed ones finish', () => {
  const { pool, records } = aPool({ keys: [aKey(1), aKey(2)] });
  const pendingErasure = seatOfKey(pool, 1);
  seatOfKey(pool, 2).release(fail(failures.limited));
  expect(pool.replaceKeys([aKey(2), aKey(3)], [])).toEqual({ added: ['bytez #3'], removed: ['bytez #1'] });
  expect(states(pool)).toEqual(['cooling', 'ready']);
  pendingErasure.release(fail(failures.rejected));
  expect([pool.seats('bytez'), seatOf(pool).keyName, pool.lease('bytez').kind]).toEqual([1, 'bytez #3', 'busy']);
  expect(records.get(aKey(1).id)?.state.kind).toBe('benched');
});

test('a key that is removed and comes back finds its history, and the calls it still carries', () => {
  const { pool, records } = aPool({ keys: [aKey(1), aKey(2)], maxSeats: oneSeat });
  const underWay = seatOfKey(pool, 1);
  seatOfKey(pool, 2).release(fail(failures.rejected));
  const both = [aKey(1), aKey(2)];
  pool.replaceKeys([], []);
  expect([pool.lease('bytez'), pool.seats('bytez')]).toEqual([{ kind: 'no-keys' }, 0]);
  pool.replaceKeys(both, [...records.values()]);
  expect([states(pool), pool.lease('bytez')]).toEqual([['ready', 'benched'], { kind: 'busy' }]);
  underWay.release(ok());
  expect(seatOf(pool).keyName).toBe('bytez #1');
});

test('KeyPool.replaceKeys() follows new names, hints of seats and weights', () => {
  const { pool } = aPool({ keys: [aKey(1), aKey(2)] });
  pool.replaceKeys([aKey(2, { name: 'bytez #1', place: 1, seats: 3 })], []);
  expect(pool.snapshot().keys).toMatchObject([{ id: aKey(2).id, name: 'bytez #1', seats: 3 }]);
});

test('a clock that is set ends no rest and makes none longer', async () => {
  for (const byMs of [48 * hour, -48 * hour]) {
    const { pool, clock, events } = aPool({ keys: [aKey(1)] });
    seatOf(pool).release(fail(failures.limited));
    clock.jump(byMs);
    expect(pool.lease('bytez').kind).toBe('cooling');
    pool.shift(byMs);
    expect(events.at(-1)).toEqual({ event: 'clock.jumped', byMs });
    expect(pool.lease('bytez')).toEqual({ kind: 'cooling', untilMs: clock.now() + 30_000 });
    await clock.advance(29_999);
    expect(states(pool)).toEqual(['cooling']);
    await clock.advance(1);
    expect(states(pool)).toEqual(['half-open']);
  }
});

test('keys of one configured account share its seats, and are out of credit together', () => {
  const [first, second] = [aKey(1, { seats: 2 }), aKey(2, { seats: 2 })];
  const groups = new Map([first, second].map(({ id }) => [id, first.id]));
  const { pool } = aPool({ keys: [first, second, aKey(3)], groups, maxSeats: () => 2 });
  expect(pool.seats('bytez')).toBe(3);
  const leases = [seatOfKey(pool, 1), seatOfKey(pool, 2), seatOf(pool)];
  expect([leases[2]?.keyName, pool.lease('bytez').kind]).toEqual(['bytez #3', 'busy']);
  leases[0]?.release(fail(failures.poor));
  expect(states(pool)).toEqual(['benched', 'benched', 'ready']);
  expect(pool.snapshot().keys.map(({ account }) => account)).toEqual([first.id, first.id, undefined]);
});

test('what was learned of an account’s seats is remembered with each of its keys', () => {
  const groups = new Map([1, 2].map((place) => [aKey(place).id, aKey(1).id]));
  const keys = [aKey(1, { seats: 3 }), aKey(2, { seats: 3 })];
  const { pool, clock, records } = aPool({ keys, groups });
  const [first, second, third] = [seatOfKey(pool, 2), seatOfKey(pool, 2), seatOfKey(pool, 2)];
  third.release(fail(failures.crowded));
  for (const lease of [first, second]) lease.release(ok());
  const ceiling = { seats: 2, tryAtMs: clock.now() + minute, holdMs: minute };
  expect(keys.map(({ id }) => records.get(id)?.seats)).toEqual([1, 2].map(() => ({ limit: 2, ceiling })));
});

test('a group that the operator takes back is none any more', () => {
  const groups = new Map([1, 2].map((place) => [aKey(place).id, aKey(1).id]));
  const { pool } = aPool({ keys: [aKey(1), aKey(2)], groups });
  expect(pool.seats('bytez')).toBe(1);
  pool.replaceKeys([aKey(1), aKey(2)], []);
  expect(pool.seats('bytez')).toBe(2);
});

test('a disabled key is handed out by nobody but an admin’s word', () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  pool.note(aKey(1).id, { kind: 'disable' });
  pool.note(aKey(1).id, { kind: 'wake' });
  expect(pool.lease('bytez').kind).toBe('benched');
  pool.note(aKey(1).id, { kind: 'enable' });
  expect(pool.lease('bytez').kind).toBe('seat');
});

test('KeyPool.keys() shows what may be probed', () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  expect(pool.keys()).toEqual([{ key: aKey(1), state: { kind: 'ready' } }]);
});

test('a record stays as it was at the moment it was asked for', () => {
  const kept: KeyRecord[] = [];
  const { pool } = aPool({ keys: [aKey(1)] });
  using _listening = pool.onChange((_id, record) => kept.push(record()));
  seatOf(pool).release(ok());
  seatOf(pool).release(ok());
  expect(kept.map(({ health }) => health.calls)).toEqual([1, 2]);
});

test('KeyPool carries as many calls at once as the provider tells in an answer, of one account in all, and remembers it', () => {
  const { pool, records } = aPool({ keys: [aKey(1)] });
  expect(pool.seats('bytez')).toBe(1);
  seatOf(pool).release({ ...ok(), seats: 3 });
  expect(pool.seats('bytez')).toBe(3);
  expect([...records.values()].map(({ seats }) => seats)).toEqual([{ limit: 3, told: 3 }]);
  const leases = [seatOf(pool), seatOf(pool), seatOf(pool)];
  expect(pool.lease('bytez').kind).toBe('busy');
  // A refusal tells, too: the plan is a smaller one now.
  leases[0]?.release({ ...fail(failures.cut), seats: 2 });
  expect(pool.lease('bytez').kind).toBe('busy');
  leases[1]?.release(ok());
  expect(pool.lease('bytez').kind).toBe('seat');
});

test('KeyPool.tellSeats() opens the seats that a probe was told, and says so to those who wait', () => {
  const { pool } = aPool({ keys: [aKey(1)] });
  const heard: string[] = [];
  pool.onSeat((provider) => void heard.push(provider));
  const [entry] = pool.keys();
  if (entry === undefined) throw new Error('Expected a key');
  pool.tellSeats(entry.key.id, 5);
  expect([pool.seats('bytez'), heard]).toEqual([5, ['bytez']]);
});
