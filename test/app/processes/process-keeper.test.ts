import { expect, test } from 'vitest';
import { ProcessKeeper } from '../../../src/app/processes/process-keeper.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import { deadAfterMs, type Outage, type ProcessRole, type RoleTerm } from '../../../src/domain/shared/processes.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryProcesses } from '../../support/memory-processes.ts';

/** Processes that meet in one store, on one clock. */
function aMeeting() {
  const clock = fakeClock();
  const store = memoryProcesses(clock);
  return {
    clock,
    store,
    join: async (id: string, roles: readonly ProcessRole[] = ['telegram']) => {
      const events: AppEvent[] = [];
      const terms: RoleTerm[] = [];
      const facts = { id, host: 'here', version: '1' };
      const keeper = await ProcessKeeper.join({ facts, store, clock, emit: (event) => void events.push(event) });
      for (const role of roles) keeper.hold(role, (term) => void terms.push(term));
      await clock.advance(0);
      return { keeper, events, terms };
    },
  };
}

test('ProcessKeeper.hold() gives a role to one of the processes, and every role to the first', async () => {
  const { join } = aMeeting();
  await using first = (await join('a', ['telegram', 'housekeeping'])).keeper;
  const second = await join('b', ['telegram', 'housekeeping']);
  await using other = second.keeper;
  expect(first.termOf('telegram')?.fence).toBe(1);
  expect([other.termOf('telegram'), other.isHeld('telegram'), second.terms]).toEqual([undefined, true, []]);
  expect(await other.living()).toMatchObject([
    { id: 'a', roles: ['telegram', 'housekeeping'] },
    { id: 'b', roles: [] },
  ]);
});

test('ProcessKeeper takes a role over from a process that is silent, within fifteen seconds and under a new fence', async () => {
  const { clock, store, join } = aMeeting();
  await join('a');
  const second = await join('b');
  await using keeper = second.keeper;
  await clock.advance(20_000);
  expect(second.terms).toEqual([]);
  store.cut('a');
  await clock.advance(8_000);
  const early = second.terms.length;
  await clock.advance(7_000);
  expect([early, second.terms.length, keeper.termOf('telegram')?.fence]).toEqual([0, 1, 2]);
});

test('ProcessKeeper stops acting before another process can gain its role', async () => {
  const { clock, store, join } = aMeeting();
  const first = await join('a');
  const second = await join('b');
  await using _other = second.keeper;
  const [term] = first.terms;
  const lift = store.cut('a');
  let overlaps = 0;
  let silent = 0;
  for (let step = 0; step < 200; step += 1) {
    await clock.advance(100);
    const has = [term?.isOn() === true, second.terms.length > 0];
    if (has.every(Boolean)) overlaps += 1;
    if (!has.some(Boolean)) silent += 1;
  }
  expect([term?.signal.aborted, overlaps, silent > 0, first.events]).toEqual([
    true,
    0,
    true,
    [
      { event: 'role.gained', role: 'telegram', fence: 1 },
      { event: 'role.lost', role: 'telegram' },
    ],
  ]);
  lift();
  await clock.advance(5_000);
  expect([first.keeper.termOf('telegram'), first.keeper.isHeld('telegram')]).toEqual([undefined, true]);
  await first.keeper[Symbol.asyncDispose]();
});

/** A process whose own clock goes on by `frozen.byMs` without any timer having run. */
async function aFreezableProcess() {
  const clock = fakeClock();
  const store = memoryProcesses(clock);
  const frozen = { byMs: 0 };
  const own = { ...clock, monotonicMs: () => clock.monotonicMs() + frozen.byMs };
  const facts = { id: 'a', host: 'here', version: '1' };
  const keeper = await ProcessKeeper.join({ facts, store, clock: own, emit: () => undefined });
  return { clock, store, frozen, keeper };
}

test('RoleTerm.isOn() is false for a process that was frozen, before any timer of it has run', async () => {
  const { clock, frozen, keeper } = await aFreezableProcess();
  await using _closing = keeper;
  const terms: RoleTerm[] = [];
  keeper.hold('telegram', (term) => void terms.push(term));
  await clock.advance(0);
  frozen.byMs = 24_000;
  expect(terms.map((term) => [term.isOn(), term.signal.aborted])).toEqual([[false, true]]);
});

test('ProcessKeeper.release() hands a role over at once, and does not take it again', async () => {
  const { clock, join } = aMeeting();
  const first = await join('a');
  const second = await join('b');
  await using _other = second.keeper;
  await first.keeper.release('telegram');
  await clock.advance(0);
  expect([first.keeper.termOf('telegram'), second.keeper.termOf('telegram')?.fence]).toEqual([undefined, 2]);
  await second.keeper.release('telegram');
  await clock.advance(20_000);
  expect(first.keeper.termOf('telegram')).toBeUndefined();
  await first.keeper[Symbol.asyncDispose]();
});

test('ProcessKeeper leaves at its end: others have its roles at once', async () => {
  const { clock, join } = aMeeting();
  const first = await join('a');
  const second = await join('b');
  await using keeper = second.keeper;
  await first.keeper[Symbol.asyncDispose]();
  await clock.advance(0);
  expect(keeper.termOf('telegram')?.fence).toBe(2);
  expect((await keeper.living()).map(({ id }) => id)).toEqual(['b']);
});

test('ProcessKeeper.tell() is heard by the others', async () => {
  const { clock, join } = aMeeting();
  const first = await join('a');
  const second = await join('b');
  const heard: unknown[] = [];
  for (const { keeper } of [first, second]) keeper.onNews((news) => heard.push([keeper.id, news]));
  first.keeper.tell({ kind: 'updates' });
  await clock.advance(0);
  expect(heard).toEqual([['b', { kind: 'updates' }]]);
  for (const { keeper } of [first, second]) await keeper[Symbol.asyncDispose]();
});

test('ProcessKeeper takes nobody for dead right after the store was away for everybody', async () => {
  const { clock, store, join } = aMeeting();
  await using one = (await join('a')).keeper;
  await using other = (await join('b')).keeper;
  expect([one.seesWhoIsDead(), other.seesWhoIsDead()]).toEqual([false, false]);
  await clock.advance(deadAfterMs);
  expect([one.seesWhoIsDead(), other.seesWhoIsDead()]).toEqual([true, true]);
  const lifts = [store.cut('a'), store.cut('b')];
  await clock.advance(deadAfterMs + 1_000);
  expect([one.seesWhoIsDead(), other.seesWhoIsDead()]).toEqual([false, false]);
  for (const lift of lifts) lift();
  await clock.advance(deadAfterMs - 2_000);
  expect([one.seesWhoIsDead(), other.seesWhoIsDead()]).toEqual([false, false]);
  await clock.advance(4_000);
  expect([one.seesWhoIsDead(), other.seesWhoIsDead()]).toEqual([true, true]);
  // One that is silent alone holds nobody up.
  const lift = store.cut('b');
  await clock.advance(deadAfterMs + 1_000);
  expect([one.seesWhoIsDead(), other.seesWhoIsDead()]).toEqual([true, false]);
  lift();
});

const refused = () => new StorageError('unreachable', 'Cannot reach database "db"', { reason: 'address' });

test('ProcessKeeper.onOutage() calls back in the process that had the role last, until a beat succeeds', async () => {
  const { clock, store, join } = aMeeting();
  const [one, other] = [await join('a'), await join('b')];
  await using _first = one.keeper;
  await using _second = other.keeper;
  const [outages, others]: [Outage[], Outage[]] = [[], []];
  one.keeper.onOutage('telegram', (outage) => void outages.push(outage));
  one.keeper.onOutage('housekeeping', (outage) => void others.push(outage));
  other.keeper.onOutage('telegram', (outage) => void others.push(outage));
  await clock.advance(4_000);
  const atMs = clock.now();
  store.away.error = refused();
  await clock.advance(5_000);
  const whileActing = outages.length;
  await clock.advance(60_000);
  const [outage] = outages;
  expect([whileActing, outages.length, others, outage?.isOn(), outage?.reason]).toEqual([0, 1, [], true, 'address']);
  expect(Math.abs((outage?.sinceMs ?? 0) - atMs)).toBeLessThanOrEqual(2_000);
  store.away.error = undefined;
  await clock.advance(1_000);
  expect([outage?.isOn(), outage?.signal.aborted, outage?.isBack()]).toEqual([false, true, true]);
});

test('ProcessKeeper.onOutage() says nothing where a process wakes from a freeze, and nothing where a role was given back', async () => {
  const { clock, store, frozen, keeper } = await aFreezableProcess();
  await using _closing = keeper;
  const outages: Outage[] = [];
  keeper.hold('telegram', () => undefined);
  keeper.hold('housekeeping', () => undefined);
  for (const role of ['telegram', 'housekeeping'] as const)
    keeper.onOutage(role, (outage) => void outages.push(outage));
  await clock.advance(0);
  frozen.byMs = 24_000;
  await clock.advance(5_000);
  const afterWaking = outages.length;
  await keeper.release('telegram');
  await keeper.release('housekeeping');
  store.away.error = refused();
  await clock.advance(30_000);
  expect([afterWaking, outages]).toEqual([0, []]);
});

test('Outage.isOn() is false for a process that was frozen in the outage, until it has tried again', async () => {
  const { clock, store, frozen, keeper } = await aFreezableProcess();
  const outages: Outage[] = [];
  keeper.hold('telegram', () => undefined);
  keeper.onOutage('telegram', (outage) => void outages.push(outage));
  await clock.advance(0);
  store.away.error = refused();
  await clock.advance(10_000);
  const before = outages[0]?.isOn();
  frozen.byMs = 24_000;
  const woken = outages[0]?.isOn();
  await clock.advance(1_000);
  const tried = outages[0]?.isOn();
  await keeper[Symbol.asyncDispose]();
  expect([before, woken, tried, outages.length]).toEqual([true, false, true, 1]);
  expect([outages[0]?.signal.aborted, outages[0]?.isBack()]).toEqual([true, false]);
});
