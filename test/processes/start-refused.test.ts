import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/storage/sqlite/database.ts';
import { startTelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { until } from '../journeys/talk.ts';
import { startProcess } from './started-process.ts';
import { scratch } from '../storage/sqlite/scratch.ts';
import { openTestApp, testKey, testToken } from '../support/test-app.ts';
import { run, source } from '../support/child-process.ts';

test('a second process over the same folder ends with code 2 and one sentence, and the first goes on (Q6)', async () => {
  await using app = await openTestApp();
  const env = { TELEGRAM_BOT_TOKEN: testToken, DATA_DIR: app.dataDir, HTTP_PORT: '0', BYTEZ_API_KEY: 'canary-key-1' };
  const { code, err } = await run([join(source, 'main.ts'), 'start'], { env, cwd: app.dataDir });
  expect([code, err]).toEqual([
    2,
    `Cannot start: another darkroom process owns "${app.dataDir}"; stop it or set DATA_DIR\n`,
  ]);
  expect((await fetch(`${app.app.httpUrl}/readyz`)).status).toBe(200);
});

test('a start with a token that Telegram refuses says so in one sentence, and nothing before it', async () => {
  await using telegram = await startTelegramSandbox({ token: testToken, clock: systemClock });
  using place = scratch();
  const env = {
    TELEGRAM_API_ROOT: telegram.url,
    TELEGRAM_BOT_TOKEN: `987654321:${'a-token-of-another-bot'.repeat(2)}`,
    DATA_DIR: join(place.dir, 'data'),
    HTTP_PORT: '0',
  };
  const { code, out, err } = await run([join(source, 'main.ts'), 'start'], { env, cwd: place.dir });
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^[^\n]+refused the bot token[^\n]+\n$/);
});

test('a start says where people find the bot, where its health is and what to do next', async () => {
  await using process = await startProcess(1, { BYTEZ_API_KEY: testKey(1) });
  await until(() => process.log.some(({ event }) => event === 'app.ready'));
  const line = process.log.find(({ event }) => event === 'app.ready');
  const link = 'https://t.me/darkroom_sandbox_bot';
  expect(line).toMatchObject({ link, admins: 0, keys: 1 });
  expect(line?.['msg']).toMatch(
    /^people write to https:\/\/t\.me\/\w+; image: bytez:\S+, (?:edit|video): bytez:\S+ and models for [a-z, ]+; 0 admins; health at http:\/\/127\.0\.0\.1:\d{4,5}\/readyz\. Next: put your Telegram user id into ADMIN_IDS/,
  );
  expect((await fetch(String(line?.['health']))).status).toBe(200);
});

test('a start over a database that cannot be written ends with code 2 and one sentence (Q6)', async () => {
  using place = scratch();
  {
    using database = openDatabase({ path: place.file });
    database.runNow('INSERT INTO users (id) VALUES (7)');
  }
  // No user can write into it.
  mkdirSync(`${place.file}-wal`);
  const dataDir = join(place.dir, 'data');
  const env = { TELEGRAM_BOT_TOKEN: testToken, DATA_DIR: dataDir, HTTP_PORT: '0', BYTEZ_API_KEY: 'canary-key-1' };
  const { code, err } = await run([join(source, 'main.ts'), 'start'], { env, cwd: dataDir });
  expect(code).toBe(2);
  expect(err).toMatch(/^Cannot write "[^"]+": [^\n]+; make it writable for this user or set DATA_DIR\n$/);
});

test('a start with a mistake in a table of the operator ends with code 2 and names every row', async () => {
  using place = scratch();
  const [models, rules] = [join(place.dir, 'models.yaml'), join(place.dir, 'rules.yaml')];
  writeFileSync(models, '- {provider: bytez, model: a/b, price: much}\n- {provider: bytez, model: a/c}\n');
  writeFileSync(rules, '- {provider: bytez, status: 418, means: tea}\n');
  const env = {
    TELEGRAM_BOT_TOKEN: testToken,
    DATA_DIR: join(place.dir, 'data'),
    HTTP_PORT: '0',
    BYTEZ_API_KEY: 'canary-key-1',
    MODELS_FILE: models,
    FAILURE_RULES_FILE: rules,
  };
  const { code, err } = await run([join(source, 'main.ts'), 'start'], { env, cwd: place.dir });
  expect(code).toBe(2);
  expect(err.split('\n')).toEqual([
    'Cannot start with these files:',
    expect.stringMatching(/^- MODELS_FILE row 1 \(bytez:a\/b\) price /),
    expect.stringMatching(/^- FAILURE_RULES_FILE row 1 means must be one of rejected, /),
    '',
  ]);
});

test('a start in a language that has no locale file names those that have one, and asks nobody', async () => {
  using place = scratch();
  const env = {
    TELEGRAM_BOT_TOKEN: testToken,
    DEFAULT_LOCALE: 'ja',
    DATA_DIR: join(place.dir, 'data'),
    HTTP_PORT: '0',
  };
  const { code, out, err } = await run([join(source, 'main.ts'), 'start'], { env, cwd: place.dir });
  expect([code, out, err]).toEqual([
    2,
    '',
    'Cannot start: DEFAULT_LOCALE names a language without a locale file; set it to one of en, ar, de, es, fa, fr, hi, id, pt-BR, ru, tr, uk, zh-Hans\n',
  ]);
});
