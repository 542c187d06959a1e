import { expect, test } from 'vitest';
import { aPool, fail, failures, minute, ok, seatOf, seatOfKey, states } from '../../support/a-pool.ts';
import { aKey } from '../../support/builders.ts';

const { crowded } = failures;

/** Keys that in truth share accounts of one seat each: a call is refused while another one of its account is served. */
function aProvider(accountOf: readonly number[], seatsOf = 1) {
  const scene = aPool({ keys: accountOf.map((_account, index) => aKey(index + 1)) });
  const { pool, clock, events } = scene;
  const inFlightAtEnd = new Map<number, number>();
  const call = (place: number) => {
    const lease = seatOfKey(pool, place);
    const account = accountOf[place - 1] ?? 0;
    const others = inFlightAtEnd.get(account) ?? 0;
    if (others >= seatsOf) {
      lease.release(fail(crowded));
      return async () => undefined;
    }
    inFlightAtEnd.set(account, others + 1);
    return async (afterMs = 0) => {
      await clock.advance(afterMs);
      inFlightAtEnd.set(account, (inFlightAtEnd.get(account) ?? 0) - 1);
      lease.release(ok(afterMs));
    };
  };
  const groups = () =>
    Object.values(Object.groupBy(pool.snapshot().keys, ({ id, account }) => account ?? id)).map((keys) =>
      keys?.map(({ name }) => name),
    );
  return { ...scene, call, groups, told: () => events.filter(({ event }) => event === 'keys.grouped') };
}

test('two keys of which one is refused twice while the other carries a call share an account', async () => {
  const { pool, clock, call, groups, told, records } = aProvider([1, 1, 2]);
  for (let times = 0; times < 2; times += 1) {
    const end = call(1);
    call(2);
    expect(told()).toHaveLength(times);
    await end(50);
    await clock.advance(minute);
  }
  expect(groups()).toEqual([['bytez #1', 'bytez #2'], ['bytez #3']]);
  expect(told()).toEqual([{ event: 'keys.grouped', provider: 'bytez', keyNames: ['bytez #1', 'bytez #2'] }]);
  expect(records.get(aKey(2).id)?.account).toBe(aKey(1).id);
  expect(pool.snapshot().keys.map(({ seats }) => seats)).toEqual([2, 2, 1]);
});

test('a key that succeeds while a suspect does too does not share its account', async () => {
  const { clock, call, groups } = aProvider([1, 1, 2]);
  const [end1, end3] = [call(1), call(3)];
  call(2);
  await end1(50);
  await end3(0);
  await clock.advance(minute);
  const [again3, again2] = [call(3), call(2)];
  await again2(50);
  await again3(0);
  const last1 = call(1);
  const last3 = call(3);
  call(2);
  await last1(50);
  await last3(0);
  expect(groups()).toEqual([['bytez #1', 'bytez #2'], ['bytez #3']]);
});

test('refusals that no sibling explains group nobody', async () => {
  const { pool, clock, groups } = aProvider([1, 2, 3]);
  for (const sibling of [2, 3, 2, 3]) {
    const other = seatOfKey(pool, sibling);
    seatOfKey(pool, 1).release(fail(crowded));
    other.release(ok());
    await clock.advance(minute);
  }
  expect(groups()).toEqual([['bytez #1'], ['bytez #2'], ['bytez #3']]);
});

test('keys that were grouped by mistake are parted as soon as both succeed at once', async () => {
  const { pool, clock, groups, records } = aProvider([1, 2]);
  for (let times = 0; times < 2; times += 1) {
    const other = seatOfKey(pool, 1);
    seatOfKey(pool, 2).release(fail(crowded));
    await clock.advance(10);
    other.release(ok());
    await clock.advance(minute);
  }
  expect(groups()).toEqual([['bytez #1', 'bytez #2']]);
  const [one, two] = [seatOfKey(pool, 1), seatOfKey(pool, 2)];
  await clock.advance(50);
  one.release(ok());
  two.release(ok());
  expect(groups()).toEqual([['bytez #1'], ['bytez #2']]);
  expect([1, 2].map((place) => records.get(aKey(place).id)?.account)).toEqual([undefined, undefined]);
});

test('a learned account is remembered', async () => {
  const { clock, call, records } = aProvider([1, 1]);
  for (let times = 0; times < 2; times += 1) {
    const end = call(1);
    call(2);
    await end(50);
    await clock.advance(minute);
  }
  const again = aPool({ keys: [aKey(1), aKey(2)], remembered: [...records.values()], clock });
  expect(again.pool.snapshot().keys.map(({ account }) => account)).toEqual([aKey(1).id, aKey(1).id]);
});

test('an account that the operator named is never parted', async () => {
  const groups = new Map([1, 2].map((place) => [aKey(place).id, aKey(1).id]));
  const { pool, clock } = aPool({ keys: [aKey(1, { seats: 2 }), aKey(2, { seats: 2 })], groups });
  const [one, two] = [seatOfKey(pool, 1), seatOfKey(pool, 2)];
  await clock.advance(50);
  one.release(ok());
  two.release(ok());
  expect(pool.snapshot().keys.map(({ account }) => account)).toEqual([aKey(1).id, aKey(1).id]);
});

test('a key that leaves the pool is nobody’s suspect any more', async () => {
  const { pool, clock, call, groups } = aProvider([1, 1, 2]);
  const end = call(1);
  call(2);
  await end(50);
  pool.replaceKeys([aKey(2), aKey(3)], []);
  await clock.advance(minute);
  const other = seatOfKey(pool, 3);
  seatOfKey(pool, 2).release(fail(crowded));
  other.release(ok());
  expect(groups()).toEqual([['bytez #2'], ['bytez #3']]);
});

test('a refused key goes before the suspect that just ended, and when it is served they share an account', async () => {
  const { pool, call, clock, groups, told } = aProvider([1, 1, 2]);
  const [end1, end3] = [call(1), call(3)];
  call(2);
  await end1(10_000);
  const instead = seatOf(pool);
  expect([instead.keyName, pool.lease('bytez').kind]).toEqual(['bytez #2', 'busy']);
  await clock.advance(10_000);
  instead.release(ok(10_000));
  await end3();
  expect(groups()).toEqual([['bytez #1', 'bytez #2'], ['bytez #3']]);
  expect(told()).toEqual([{ event: 'keys.grouped', provider: 'bytez', keyNames: ['bytez #1', 'bytez #2'] }]);
});

test('a refused key that is refused instead of a suspect gives the seat back at once', async () => {
  const { pool, call, groups, told, records } = aProvider([1, 2, 2]);
  const [end1, end3] = [call(1), call(3)];
  call(2);
  await end1(10_000);
  seatOf(pool).release(fail(crowded));
  expect(states(pool)).toEqual(['ready', 'cooling', 'ready']);
  const next = seatOf(pool);
  expect(next.keyName).toBe('bytez #1');
  expect(groups()).toEqual([['bytez #1'], ['bytez #2', 'bytez #3']]);
  expect(told()).toEqual([{ event: 'keys.grouped', provider: 'bytez', keyNames: ['bytez #2', 'bytez #3'] }]);
  expect([1, 2, 3].map((place) => records.get(aKey(place).id)?.account)).toEqual([undefined, aKey(2).id, aKey(2).id]);
  next.release(ok());
  await end3();
});

test('another suspect that is refused meanwhile takes the guess back', async () => {
  const { pool, call, groups } = aProvider([1, 2, 2]);
  const [end1, end3] = [call(1), call(3)];
  call(2);
  await end1(10_000);
  const instead = seatOf(pool);
  await end3(10_000);
  seatOfKey(pool, 3).release(fail(crowded));
  expect(groups()).toEqual([['bytez #1'], ['bytez #2'], ['bytez #3']]);
  expect(seatOf(pool).keyName).toBe('bytez #1');
  instead.release(ok());
});

test('a key is tried again at once when a suspect is benched, disabled or taken out', async () => {
  for (const leave of ['bench', 'disable', 'take out'] as const) {
    const { pool, call } = aProvider([1, 1, 2]);
    const end1 = call(1);
    call(3);
    call(2);
    expect(states(pool)).toEqual(['ready', 'cooling', 'ready']);
    if (leave === 'take out') pool.replaceKeys([aKey(2), aKey(3)], []);
    else if (leave === 'disable') pool.note(aKey(1).id, { kind: 'disable' });
    else pool.note(aKey(1).id, { kind: 'bench', reason: 'rejected' });
    await end1(1_000);
    expect(states(pool).at(-2)).toBe('half-open');
  }
});

test('a key found to share an account that is refused although nobody there carries a call is by itself again', async () => {
  const { pool, clock, call, groups } = aProvider([1, 1, 2]);
  for (let times = 0; times < 2; times += 1) {
    const end = call(1);
    call(2);
    await end(50);
    await clock.advance(minute);
  }
  const other = seatOfKey(pool, 3);
  seatOfKey(pool, 2).release(fail(crowded));
  expect(groups()).toEqual([['bytez #1'], ['bytez #2'], ['bytez #3']]);
  other.release(ok());
});
