import { expect, test } from 'vitest';
import { CommandRunner } from '../../src/app/command-runner.ts';
import type { AdminApi, KeyChoice, AdminCommands } from '../../src/domain/admin-api.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { jobId, keyId } from '../../src/domain/ids.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { createAdminCommands } from '../../src/storage/stores/admin-state.ts';
import { fakeClock } from '../support/fake-clock.ts';

/** A runner over real rows; the admin API records its calls and takes as long as the test says. */
function aStage(wrap: (commands: AdminCommands) => AdminCommands = (commands) => commands) {
  const clock = fakeClock();
  const database = openDatabase({ path: ':memory:' });
  const commands = createAdminCommands(database);
  const done: string[] = [];
  const events: AppEvent[] = [];
  let refuses = false;
  const change = (name: string) => async (keys: KeyChoice) => {
    if (refuses) throw new Error('Cannot change: a bug');
    done.push(`${name} ${keys === 'all' ? keys : keys.join(',')}`);
    return { kind: 'done', value: 2 } as const;
  };
  const admin = {
    keys: { wake: change('wake'), disable: change('disable'), enable: change('enable') },
    jobs: {
      cancel: async (id: string) => {
        done.push(`cancel ${id}`);
        await clock.sleep(5_000, new AbortController().signal);
        return { kind: 'done', value: 'cancelled' };
      },
    },
    people: {
      addPremium: async (id: number, days: number, grant: string) => {
        done.push(`premium ${id} ${days} ${grant}`);
        return { kind: 'done', value: 9_000 };
      },
    },
  } as unknown as AdminApi;
  const runner = new CommandRunner({
    commands: wrap(commands),
    admin,
    unseal: () => undefined,
    clock,
    emit: (event) => void events.push(event),
  });
  return {
    clock,
    commands,
    done,
    events,
    runner,
    refuse: (now: boolean) => {
      refuses = now;
    },
    [Symbol.asyncDispose]: async () => {
      await runner[Symbol.asyncDispose]();
      database[Symbol.dispose]();
    },
  };
}

test('CommandRunner executes commands within a second, in order, once, and answers each', async () => {
  await using stage = aStage();
  const { clock, commands, done } = stage;
  const asked = [
    await commands.ask({ kind: 'wake-keys', keys: 'all' }, 0),
    await commands.ask({ kind: 'disable-keys', keys: [keyId('a'), keyId('b')] }, 0),
    await commands.ask({ kind: 'enable-keys', keys: [keyId('a')] }, 0),
    await commands.ask({ kind: 'add-premium', userId: 7, days: 30, grant: 'cli-1' }, 0),
  ];
  await clock.advance(1_000);
  expect(done).toEqual(['wake all', 'disable a,b', 'enable a', 'premium 7 30 cli-1']);
  expect(await Promise.all(asked.map((seq) => commands.answerOf(seq)))).toEqual([
    { kind: 'keys-changed', count: 2 },
    { kind: 'keys-changed', count: 2 },
    { kind: 'keys-changed', count: 2 },
    { kind: 'premium-added', untilMs: 9_000 },
  ]);
  await clock.advance(5_000);
  expect(done).toHaveLength(4);
});

test('CommandRunner does not wait for a slow command, nor start it twice', async () => {
  await using stage = aStage();
  const { clock, commands, done } = stage;
  const slow = await commands.ask({ kind: 'cancel-job', jobId: jobId('tg-1') }, 0);
  await clock.advance(1_000);
  const quick = await commands.ask({ kind: 'wake-keys', keys: 'all' }, 0);
  await clock.advance(1_000);
  expect([await commands.answerOf(slow), await commands.answerOf(quick)]).toEqual([
    undefined,
    { kind: 'keys-changed', count: 2 },
  ]);
  await clock.advance(4_000);
  expect(await commands.answerOf(slow)).toEqual({ kind: 'job-cancelled', ending: 'cancelled' });
  expect(done).toEqual(['cancel tg-1', 'wake all']);
});

test('CommandRunner reports once that commands cannot be read and keeps polling', async () => {
  let refusals = 3;
  await using stage = aStage((commands) => ({
    ...commands,
    pending: async () => {
      refusals -= 1;
      if (refusals >= 0) throw new Error('Cannot read: the disk is away');
      return commands.pending();
    },
  }));
  await stage.commands.ask({ kind: 'wake-keys', keys: 'all' }, 0);
  await stage.clock.advance(3_000);
  expect(stage.events).toMatchObject([{ event: 'app.error' }]);
  expect(stage.done).toEqual([]);
  await stage.clock.advance(1_000);
  expect(stage.done).toEqual(['wake all']);
});

test('CommandRunner leaves a command that failed for the next start', async () => {
  await using stage = aStage();
  const { clock, commands, events } = stage;
  stage.refuse(true);
  const seq = await commands.ask({ kind: 'wake-keys', keys: 'all' }, 0);
  await clock.advance(3_000);
  expect(events).toMatchObject([{ event: 'app.error', error: new Error('Cannot change: a bug') }]);
  expect(await commands.pending()).toMatchObject([{ seq }]);
});
