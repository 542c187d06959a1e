import { expect, test } from 'vitest';
import { ProcessKeeper } from '../../../src/app/processes/process-keeper.ts';
import { AlertTeller } from '../../../src/app/processes/shared-alerts.ts';
import type { RaisedAlert } from '../../../src/domain/admin-api.ts';
import type { AppEvent } from '../../../src/domain/events.ts';
import type { SharedAlerts } from '../../../src/domain/shared/shared-stores.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryProcesses } from '../../support/memory-processes.ts';

const silent: RaisedAlert = {
  id: 'silent:bytez',
  severity: 'high',
  facts: { kind: 'provider-silent', provider: 'bytez' },
  raisedAtMs: 1,
};

/** Processes that see the same trouble, each in its own time. */
function aStage() {
  const clock = fakeClock();
  const store = memoryProcesses(clock);
  const seen = new Map<string, readonly RaisedAlert[]>();
  let told: readonly RaisedAlert[] = [];
  const alerts: SharedAlerts = {
    raised: async () => {
      const living = new Set((await store.living()).map(({ id }) => id));
      const all = [...seen].flatMap(([id, own]) => (living.has(id) ? own : []));
      return [...new Map(all.map((alert) => [alert.id, alert])).values()];
    },
    told: async () => told,
    noteTold: async (alert, isRaised) => {
      told = [...told.filter(({ id }) => id !== alert.id), ...(isRaised ? [alert] : [])];
    },
  };
  const said: (readonly [process: string, event: AppEvent['event']])[] = [];
  return {
    clock,
    store,
    said,
    join: async (id: string) => {
      const emit = (event: AppEvent) => {
        if (event.event.startsWith('alert.')) said.push([id, event.event]);
      };
      const processes = await ProcessKeeper.join({ facts: { id, host: id, version: '1' }, store, clock, emit });
      const teller = new AlertTeller({ alerts, processes, clock, emit });
      await clock.advance(0);
      return {
        see: (own: readonly RaisedAlert[]) => {
          seen.set(id, own);
          processes.tell({ kind: 'alerts' });
          teller.look();
        },
        leave: async () => {
          await teller[Symbol.asyncDispose]();
          await processes[Symbol.asyncDispose]();
        },
      };
    },
  };
}

test('AlertTeller tells of an alert once, whichever processes see it, and of its end when none has it any more', async () => {
  const { clock, said, join } = aStage();
  const [first, second, third] = [await join('a'), await join('b'), await join('c')];
  second.see([silent]);
  await clock.advance(0);
  third.see([silent]);
  first.see([silent]);
  await clock.advance(10_000);
  expect(said).toEqual([['a', 'alert.raised']]);
  second.see([]);
  first.see([]);
  await clock.advance(10_000);
  expect(said).toHaveLength(1);
  third.see([]);
  await clock.advance(0);
  expect(said).toEqual([
    ['a', 'alert.raised'],
    ['a', 'alert.resolved'],
  ]);
  for (const one of [first, second, third]) await one.leave();
});

test('AlertTeller goes on where another one stopped, and an alert ends with the last process that had it', async () => {
  const { clock, store, said, join } = aStage();
  const [first, second] = [await join('a'), await join('b')];
  first.see([silent]);
  await clock.advance(0);
  store.cut('a');
  await clock.advance(20_000);
  expect(said).toEqual([
    ['a', 'alert.raised'],
    ['b', 'alert.resolved'],
  ]);
  await second.leave();
});
