import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LiveKeys } from '../../src/cli/live-keys.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { KeyState } from '../../src/domain/key-state.ts';
import { KeySource } from '../../src/keys/sources/key-source.ts';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { createAdminCommands } from '../../src/storage/stores/admin-state.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { openTestApp, testKey, type TestApp } from '../support/test-app.ts';
import { pictures, runs, until, whileTimePasses } from './talk.ts';

function statesOf(app: TestApp, keyName: string): readonly KeyState[] {
  return app.events.flatMap((event) =>
    event.event === 'key.changed' && event.keyName === keyName ? [event.state] : [],
  );
}

function stateOf(app: TestApp, place: number): string | undefined {
  return app.app.core.keys.snapshot().keys.find(({ name }) => name === `bytez #${place}`)?.state.kind;
}

test('the test at the start finds the dead key before anybody asks for anything', async () => {
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'unauthorized' } }], []],
    env: { KEYS_TEST_ON_START: 'on' },
  });
  expect(await app.event('keys.tested')).toMatchObject({ working: 1, total: 2 });
  expect(app.app.core.keys.snapshot().keys.map(({ state }) => state)).toMatchObject([
    { kind: 'benched', reason: 'rejected', confirmed: true },
    { kind: 'ready' },
  ]);
  const person = app.person(7);
  person.say('/generate a fox');
  await pictures(person);
  expect(runs(app).map(({ account }) => account)).toEqual(['account 2']);
});

test('the test at the start makes nobody wait, whatever the provider does, and the bot closes in the middle of it', async () => {
  const app = await openTestApp({
    accounts: [[{ do: { kind: 'hang' }, route: 'list' }], [{ do: { kind: 'status', status: 500 }, route: 'list' }]],
    env: { KEYS_TEST_ON_START: 'on' },
  });
  try {
    const person = app.person(7);
    person.say('/generate a fox');
    await pictures(person);
    expect(app.events.map(({ event }) => event)).not.toContain('keys.tested');
    expect([stateOf(app, 1), stateOf(app, 2)]).toEqual(['ready', 'ready']);
  } finally {
    await app[Symbol.asyncDispose]();
  }
  expect(app.events.filter(({ event }) => event === 'app.error')).toEqual([]);
});

test('a refusal that the free probe contradicts is not reported as a dead key, and the key goes on', async () => {
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'unauthorized' }, route: 'run', when: { times: 1 } }], []],
    env: { ROTATION_STRATEGY: 'primary-first' },
  });
  const person = app.person(7);
  person.say('/generate a fox');
  await pictures(person);
  await until(() => stateOf(app, 1) === 'half-open');
  person.say('/generate a lake');
  await pictures(person, 2);
  await until(() => stateOf(app, 1) === 'ready');
  expect(runs(app).map(({ account }) => account)).toEqual(['account 1', 'account 2', 'account 1']);
  expect(statesOf(app, 'bytez #1').filter((state) => 'confirmed' in state && state.confirmed)).toEqual([]);
});

test('a refusal that the free probe confirms is reported at once, after a single call', async () => {
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'unauthorized' } }], []],
    env: { ROTATION_STRATEGY: 'primary-first' },
  });
  const person = app.person(7);
  person.say('/generate a fox');
  await app.event('key.changed', ({ state }) => state.kind === 'benched' && state.confirmed);
  await pictures(person);
  expect(runs(app).map(({ account }) => account)).toEqual(['account 1', 'account 2']);
});

test('an idle key that died and a dead key that was healed are both noticed without anybody asking', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ accounts: [[], []], clock, env: { HEALTH_CHECK_INTERVAL_S: '60' } });
  app.bytez.setFaults('account 1', [{ do: { kind: 'unauthorized' } }]);
  const dead = app.event('key.changed', ({ keyName, state }) => keyName === 'bytez #1' && state.kind === 'benched');
  expect((await whileTimePasses(clock, dead)).state).toMatchObject({ reason: 'rejected', confirmed: true });
  app.bytez.setFaults('account 1', []);
  await whileTimePasses(
    clock,
    app.event('key.changed', ({ keyName, state }) => keyName === 'bytez #1' && state.kind === 'half-open'),
  );
  expect(runs(app)).toEqual([]);
  const person = app.person(7);
  person.say('/generate a fox');
  person.say('/generate a lake');
  await whileTimePasses(clock, pictures(person, 2));
  expect(new Set(runs(app).map(({ account }) => account)).has('account 1')).toBe(true);
});

test('what an operator asks for from another process is done within a second, and outlives a restart', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ accounts: [[], []], clock, env: { ROTATION_STRATEGY: 'primary-first' } });
  using beside = openDatabase({ path: join(app.dataDir, 'darkroom.db') });
  const commands = createAdminCommands(beside);
  const [first] = app.app.core.keys.snapshot().keys;
  if (first === undefined) throw new Error('Cannot ask without a key');
  const asked = await commands.ask({ kind: 'disable-keys', keys: [first.id] }, clock.now());
  await clock.advance(1_000);
  await until(() => stateOf(app, 1) === 'disabled');
  await expect.poll(() => commands.answerOf(asked)).toEqual({ kind: 'keys-changed', count: 1 });

  await app.restart();
  expect(stateOf(app, 1)).toBe('disabled');
  const person = app.person(7);
  person.say('/generate a fox');
  await whileTimePasses(clock, pictures(person));
  expect(runs(app).map(({ account }) => account)).toEqual(['account 2']);
  await commands.ask({ kind: 'enable-keys', keys: [first.id] }, clock.now());
  await clock.advance(1_000);
  await until(() => stateOf(app, 1) === 'ready');
});

test('a key file that changes is taken in while the bot runs, and a key that comes back has its history', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ accounts: [[], [], []], env: { BYTEZ_API_KEYS: '' } });
  const file = join(app.dataDir, 'keys');
  const write = (...places: readonly number[]) => writeFileSync(file, places.map(testKey).join('\n'), { mode: 0o600 });
  write(1, 2);
  const env = { BYTEZ_API_KEY_FILE: file };
  const source = new KeySource();
  const { keys } = source.read(env);
  const { providers } = parseConfig(env);
  await app.app.reloadKeys(keys);
  await using _live = new LiveKeys({
    reading: { env, warnings: [], hasFile: true },
    source,
    providers,
    app: app.app,
    clock,
    emit: () => undefined,
    warned: [],
    onKeys: () => undefined,
    readEnvironment: () => ({ env, warnings: [], hasFile: true }),
  });
  const reloads = () => app.events.filter(({ event }) => event === 'keys.reloaded');
  const taken = async (times: number) => {
    await clock.advance(6_000);
    await until(() => reloads().length === times);
  };
  const second = app.app.core.keys.snapshot().keys[1];
  if (second === undefined) throw new Error('Cannot disable without a key');
  app.app.core.keys.disable([second.id]);
  write(1, 3);
  await taken(2);
  write(3, 2);
  await taken(3);
  await clock.advance(60_000);
  expect(reloads()).toEqual([
    { event: 'keys.reloaded', added: ['bytez #1', 'bytez #2'], removed: [] },
    { event: 'keys.reloaded', added: ['bytez #2'], removed: ['bytez #2'] },
    { event: 'keys.reloaded', added: ['bytez #2'], removed: ['bytez #1'] },
  ]);
  expect([stateOf(app, 1), stateOf(app, 2)]).toEqual(['ready', 'disabled']);
  const person = app.person(7);
  person.say('/generate a fox');
  await pictures(person);
  expect(runs(app).map(({ account }) => account)).toEqual(['account 3']);
});
