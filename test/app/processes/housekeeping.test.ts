import { expect, test } from 'vitest';
import { openHousekeeping, type HousekeepingOptions } from '../../../src/app/processes/housekeeping.ts';
import { ProcessKeeper } from '../../../src/app/processes/process-keeper.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryProcesses } from '../../support/memory-processes.ts';

/** Processes that look for what dead ones left, each time they are told to; `looked` names who did. */
function aHouse() {
  const clock = fakeClock();
  const store = memoryProcesses(clock);
  const looked: string[] = [];
  const start = async (id: string) => {
    const facts = { id, host: id, version: '1' };
    const processes = await ProcessKeeper.join({ facts, store, clock, emit: () => undefined });
    const queue = {
      recover: async () => {
        looked.push(id);
        return { handedBack: 0, setAside: [], unreadable: [] };
      },
    };
    const storage = { engine: { queue }, shared: { takeOrphans: async () => [] } };
    const service = { takeUp: () => undefined, noteEnded: () => undefined };
    const first = { handedBack: 0, ended: [] };
    const options = { processes, storage, first, service, clock, emit: () => undefined };
    const keeping = openHousekeeping(options as unknown as HousekeepingOptions);
    return {
      processes,
      stop: async () => {
        await keeping[Symbol.asyncDispose]();
        await processes[Symbol.asyncDispose]();
      },
    };
  };
  return { clock, store, looked, start };
}

test('openHousekeeping() looks for dead processes although the one with the role has just begun, and sees nobody die yet', async () => {
  const { clock, looked, start } = aHouse();
  const first = await start('a');
  const second = await start('b');
  await clock.advance(20_000);
  // Another newcomer is faster to take the role of the process that ends now.
  const third = await start('c');
  await first.stop();
  await clock.advance(100);
  await second.processes.release('housekeeping');
  await clock.advance(3_000);
  expect(third.processes.termOf('housekeeping')).toBeDefined();
  looked.length = 0;
  await clock.advance(4_000);
  expect(new Set(looked)).toEqual(new Set(['b']));
  await clock.advance(10_000);
  expect(new Set(looked)).toEqual(new Set(['b', 'c']));
  for (const one of [second, third]) await one.stop();
});
