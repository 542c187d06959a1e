import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { migrations } from '../../src/storage/sqlite/migrate.ts';
import { aStageAtNight, lineOf } from './bad-night.ts';
import { aStage, stageKey } from './stage.ts';

test('where the bot has never run the keys are shown as configured', async () => {
  using stage = aStage();
  const { out, code } = await stage.run('keys list');
  expect(code).toBe(0);
  expect(lineOf(out, 'bytez #7')).toMatch(/– +bytez +0\/1 +– +ready$/);
  expect(out).toContain(`The bot has never run with DATA_DIR ${stage.dataDir}: keys as configured, without history`);
  expect(JSON.parse((await stage.run('keys list --json')).out)).toMatchObject({
    bot: 'never-ran',
    keys: Array.from({ length: 7 }, () => ({ fingerprint: null })),
  });
});

test('keys of a provider that this version does not ask are told apart', async () => {
  using stage = aStage();
  stage.env['OPENAI_API_KEY'] = stageKey(8);
  const { out, code } = await stage.run('keys list');
  expect(code).toBe(0);
  expect(out).toContain('openai: 1 key set; this version does not ask openai yet');
});

test('keys that the bot remembers and that are not configured here are counted', async () => {
  using stage = await aStageAtNight();
  stage.env['BYTEZ_API_KEYS'] = stageKey(1);
  const { out } = await stage.run('keys list');
  expect(out).toContain('5 more keys are remembered and not configured here');
});

test('looking changes nothing, and needs no token and not even a good one', async () => {
  using stage = await aStageAtNight();
  stage.env['TELEGRAM_BOT_TOKEN'] = 'not a token';
  const version = () => {
    using database = stage.openAsBot();
    return database.get('SELECT count(*) AS keys, max(saved_at_ms) AS at FROM key_records');
  };
  const before = version();
  for (const command of ['list', 'stats', 'report']) expect((await stage.run(`keys ${command}`)).code).toBe(0);
  expect(version()).toEqual(before);
});

test('a database of an older version is refused in one sentence that says what to do', async () => {
  using stage = aStage();
  openDatabase({ path: join(stage.dataDir, 'darkroom.db'), steps: migrations.slice(0, 1) })[Symbol.dispose]();
  const { out, err, code } = await stage.run('keys list');
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toMatch(
    /^Cannot read database ".*": its schema is 1, this version reads \d+; start the bot once, which brings it up to date\n$/,
  );
});

test('a mistake in the environment is named', async () => {
  using stage = aStage();
  stage.env['MAX_ATTEMPTS'] = 'many';
  const { err, code } = await stage.run('keys list');
  expect(code).toBe(2);
  expect(err).toContain('- MAX_ATTEMPTS ');
});
