import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { migrations } from '../../src/storage/sqlite/migrate.ts';
import { aCommandLineWithFailingKeys, lineOf } from './failing-keys.ts';
import { aCommandLine } from './command-line.ts';
import { testKey } from '../support/test-app.ts';

test('where the bot has never run the keys are shown as configured', async () => {
  using cli = aCommandLine();
  const { out, code } = await cli.run('keys list');
  expect(code).toBe(0);
  expect(lineOf(out, 'bytez #7')).toMatch(/– +bytez +0\/1 +– +ready$/);
  expect(out).toContain(`The bot has never run with DATA_DIR ${cli.dataDir}: keys as configured, without history`);
  expect(JSON.parse((await cli.run('keys list --json')).out)).toMatchObject({
    bot: 'never-ran',
    keys: Array.from({ length: 7 }, () => ({ fingerprint: null })),
  });
});

test('keys of a provider that this version does not serve are listed separately', async () => {
  using cli = aCommandLine();
  cli.env['KLING_API_KEY'] = testKey(8);
  const { out, code } = await cli.run('keys list');
  expect(code).toBe(0);
  expect(out).toContain('kling: 1 key set; this version does not ask kling yet');
});

test('keys that the bot remembers and that are not configured here are counted', async () => {
  using cli = await aCommandLineWithFailingKeys();
  cli.env['BYTEZ_API_KEYS'] = testKey(1);
  const { out } = await cli.run('keys list');
  expect(out).toContain('5 more keys are remembered and not configured here');
});

test('reading changes nothing, and needs no valid token', async () => {
  using cli = await aCommandLineWithFailingKeys();
  cli.env['TELEGRAM_BOT_TOKEN'] = 'not a token';
  const version = () => {
    using database = cli.openAsBot();
    return database.getNow('SELECT count(*) AS keys, max(saved_at_ms) AS at FROM key_records');
  };
  const before = version();
  for (const command of ['list', 'stats', 'report']) expect((await cli.run(`keys ${command}`)).code).toBe(0);
  expect(version()).toEqual(before);
});

test('a database of an older version is refused in one sentence that says what to do', async () => {
  using cli = aCommandLine();
  openDatabase({ path: join(cli.dataDir, 'darkroom.db'), steps: migrations.slice(0, 1) })[Symbol.dispose]();
  const { out, err, code } = await cli.run('keys list');
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toMatch(
    /^Cannot read database ".*": its schema is 1, this version reads \d+; start the bot once, which brings it up to date\n$/,
  );
});

test('a mistake in the environment is named', async () => {
  using cli = aCommandLine();
  cli.env['MAX_ATTEMPTS'] = 'many';
  const { err, code } = await cli.run('keys list');
  expect(code).toBe(2);
  expect(err).toContain('- MAX_ATTEMPTS ');
});
