import { expect, test } from 'vitest';
import type { AdminCommand } from '../../src/domain/admin-api.ts';
import { fingerprint } from '../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../src/kit/secret.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { createAdminCommands } from '../../src/storage/stores/admin-state.ts';
import { createKeyStore } from '../../src/storage/stores/key-store.ts';
import { passTime } from '../support/pass-time.ts';
import { aCommandLine, type CommandLine } from './command-line.ts';
import { testKey } from '../support/test-app.ts';

/** The commands stored for the bot, with the keys by their numbers. */
async function commandsOf(cli: CommandLine): Promise<readonly string[]> {
  using database = cli.openAsBot();
  const store = createKeyStore(database);
  const salt = await store.salt();
  const places = new Map(
    Array.from({ length: 7 }, (_, index) => [fingerprint(new Secret(testKey(index + 1)), salt), index + 1] as const),
  );
  const pending = await createAdminCommands(database).pending();
  return pending.flatMap(({ command }) => {
    if (!('keys' in command)) return [command.kind];
    const change = command.kind.replace(/-keys$/, '');
    return command.keys === 'all' ? [`${change} all`] : command.keys.map((id) => `${change} #${places.get(id)}`);
  });
}

async function idOf(cli: CommandLine, place: number): Promise<string> {
  const { out } = await cli.run('keys list --json');
  const { keys } = JSON.parse(out) as { keys: { fingerprint: string }[] };
  return keys[place - 1]?.fingerprint ?? '';
}

test.each([
  ['disable 3', ['disable #3']],
  ["disable '#3'", ['disable #3']],
  ['disable bytez#3', ['disable #3']],
  ["disable 'bytez #3'", ['disable #3']],
  ['disable BYTEZ#03', ['disable #3']],
  ['enable 1 2 bytez#1', ['enable #1', 'enable #2']],
  ['wake 7', ['wake #7']],
  ['wake --all', ['wake all']],
])('keys %s stores the command', async (words, commands) => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const { out, code } = await cli.run(`keys ${words}`);
  expect(code).toBe(0);
  expect(out).toMatch(/^Asked: .*; the bot is not running, it makes the change at its next start\n$/);
  expect(await commandsOf(cli)).toEqual(commands);
});

test('a key may be named by the beginning of its fingerprint', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const id = await idOf(cli, 5);
  // A fingerprint that begins with digits alone could be a number as well; eight characters of it never are.
  const { out } = await cli.run(`keys disable ${id.slice(0, 8)}`);
  expect(out).toContain('bytez #5');
  expect(await commandsOf(cli)).toEqual(['disable #5']);
});

test.each(['8', 'bytez', 'openai#3', 'abc', 'ffffffffffffffffff'])(
  'keys wake %s names no key: exit code 2 with the names that there are',
  async (word) => {
    using cli = aCommandLine();
    await cli.saveRecords({});
    const { out, err, code } = await cli.run(`keys wake ${word}`);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(
      /^Cannot wake a key: there is no key "\w+(#3)?"; known are bytez#1 \([0-9a-f]{8}\), bytez#2 .*bytez#7/,
    );
    expect(await commandsOf(cli)).toEqual([]);
  },
);

test('a number that several providers have is refused, with what it may be', async () => {
  using cli = aCommandLine();
  cli.env['OPENAI_API_KEY'] = testKey(8);
  await cli.saveRecords({});
  const { err, code } = await cli.run('keys disable 1');
  expect(code).toBe(2);
  expect(err).toMatch(/^Cannot disable a key: "1" may be bytez#1 \([0-9a-f]{8}\) or openai#1 \([0-9a-f]{8}\)\n$/);
});

test('keys wake without a name asks for one', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const { err, code } = await cli.run('keys wake');
  expect(code).toBe(2);
  expect(err).toBe('Cannot wake a key: say which, for example "darkroom keys wake 3", or --all\n');
});

test('a change is refused where the bot has never run, and no file is created', async () => {
  using cli = aCommandLine();
  const { err, code } = await cli.run('keys disable 3');
  expect(code).toBe(2);
  expect(err).toContain(`Cannot disable a key: the bot has never run with DATA_DIR ${cli.dataDir}; start it once`);
  expect((await cli.run('keys list --json')).out).toContain('"never-ran"');
});

test('the command waits for a running bot that makes the change', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  using _bot = takeOwnership(cli.dataDir);
  using database = cli.openAsBot();
  const commands = createAdminCommands(database);
  const seen: AdminCommand[] = [];
  cli.clock.schedule(900, () => {
    void commands.pending().then(async (pending) => {
      for (const { seq, command } of pending) {
        seen.push(command);
        await commands.answer(seq, { kind: 'keys-changed', count: 2 }, cli.clock.now());
      }
    });
  });
  const startedMs = cli.clock.now();
  const { out } = await passTime(cli.clock, cli.run('keys enable 2 3'), { stepMs: 100 });
  expect(out).toBe('Done: bytez #2, bytez #3 enabled\n');
  expect(seen).toMatchObject([{ kind: 'enable-keys', keys: [expect.any(String), expect.any(String)] }]);
  expect(cli.clock.now() - startedMs).toBeLessThan(2_000);
});

test('the command waits at most three seconds for a running bot', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  using _bot = takeOwnership(cli.dataDir);
  const startedMs = cli.clock.now();
  const { out, code } = await passTime(cli.clock, cli.run('keys disable 2'), { stepMs: 100 });
  expect(code).toBe(0);
  expect(out).toContain('the bot is running but has not done it within 3 s');
  expect(cli.clock.now() - startedMs).toBeGreaterThanOrEqual(3_000);
  expect(cli.clock.now() - startedMs).toBeLessThan(4_000);
  expect(await commandsOf(cli)).toEqual(['disable #2']);
});

test('--json prints the change and whether it is done', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const { out } = await cli.run('keys disable 2 4 --json');
  expect(JSON.parse(out)).toEqual({ command: 'disable', keys: ['bytez #2', 'bytez #4'], bot: 'stopped', done: false });
});
