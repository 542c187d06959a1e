import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import { startTelegramSandbox } from '../../sandbox/telegram/telegram-sandbox.ts';
import { parseConfig } from '../../src/config/config.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { accountsOf, testToken, testKey } from '../support/test-app.ts';
import { aCommandLine } from './command-line.ts';

/** A command line beside a Telegram and a provider that knows the first two keys. */
async function aWizard() {
  await using opening = new AsyncDisposableStack();
  const telegram = opening.use(await startTelegramSandbox({ token: testToken, clock: systemClock }));
  const accounts = accountsOf([[], []]);
  const bytez = opening.use(await startBytezSandbox({ clock: systemClock, accounts }));
  const cli = opening.use(aCommandLine());
  Object.assign(cli.env, { TELEGRAM_API_ROOT: telegram.url, BYTEZ_BASE_URL: bytez.baseUrl, BYTEZ_API_KEYS: '' });
  const opened = opening.move();
  return {
    cli,
    telegram,
    path: join(cli.dataDir, '.env'),
    written: () => readFileSync(join(cli.dataDir, '.env'), 'utf8'),
    start: (id: number, firstName: string) => {
      telegram.person({ id, firstName, languageCode: 'en' }).say('/start');
      return '';
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

test('darkroom init asks for token, keys and admin, checks each, and writes a .env with which the bot starts', async () => {
  await using wizard = await aWizard();
  const { cli, path } = wizard;
  const keys = `${testKey(1)}, ${testKey(2)} # mine`;
  const { code, out, err } = await cli.run('init', {
    input: [testToken, keys, () => wizard.start(1001, 'Robin'), 'y'],
  });
  expect([code, err]).toEqual([0, '']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { env, warnings } = readEnvironment({ cwd: cli.dataDir, processEnv: {} });
  expect(warnings).toEqual([]);
  const config = parseConfig(env);
  expect(config.telegram.token?.reveal()).toBe(testToken);
  expect([...config.adminIds]).toEqual([1001]);
  expect(readKeys(env).keys.map(({ secret }) => secret.reveal())).toEqual([testKey(1), testKey(2)]);
  expect(out).toContain('It is @darkroom_sandbox_bot: https://t.me/darkroom_sandbox_bot');
  expect(out).toContain('2 of 2 keys accepted; the check was free.');
  expect(out).toContain('Robin wrote (user id 1001). Is that you?');
  expect(out).toMatch(/Next:\n {2}npm start[^]*doctor --online/);
  expect(out).not.toContain(testToken);
  expect(readdirSync(cli.dataDir).filter((name) => name.startsWith('.env'))).toEqual(['.env']);
  // Nothing was confirmed: the bot answers the /start when it starts.
  expect(await pendingTexts(wizard.telegram.url)).toEqual(['/start']);
});

async function pendingTexts(url: string): Promise<readonly string[]> {
  const answer = await fetch(`${url}/bot${testToken}/getUpdates`, { method: 'POST' });
  const { result } = (await answer.json()) as { result: readonly { message: { text: string } }[] };
  return result.map(({ message }) => message.text);
}

test('darkroom init asks again after each mistake and says what is wrong with it', async () => {
  await using wizard = await aWizard();
  const { code, out } = await wizard.cli.run('init', {
    input: [
      'my token',
      '',
      `987654321:${'another-bot'.repeat(4)}`,
      `"${testToken}"`,
      'account of somebody@example.com',
      testKey(9),
      'n',
      `${testKey(1)},${testKey(9)}`,
      'me',
      '',
      'n',
      () => {
        wizard.start(1001, 'Robin');
        return wizard.start(1002, 'Stranger');
      },
      'n',
      '',
      'y',
    ],
  });
  expect(code).toBe(0);
  expect(out).toContain('That is no token: it must be the token that @BotFather gives');
  expect(out).toContain('A bot needs a token');
  expect(out).toContain('Telegram was asked, and it refuses the token: ask @BotFather');
  expect(out).toContain('There is no key in that line');
  expect(out).toContain('0 of 1 key accepted');
  expect(out).toContain('bytez #2: not accepted, rejected');
  expect(out).toContain('A user id is a number');
  expect(out).toContain('Nobody has written to the bot yet.');
  expect(wizard.written()).toContain('\nADMIN_IDS=1001\n');
});

test('darkroom init sets up providers, budget, dashboard, storage and webhook, and asks again for what cannot be read', async () => {
  await using wizard = await aWizard();
  const { cli } = wizard;
  cli.env['OPENAI_BASE_URL'] = 'http://127.0.0.1:9/v1';
  const bucket = ['https://s3.example.com', 'pictures', 'AKIAEXAMPLE', 'canary-secret-of-the-bucket'];
  const webhook = ['http://', 'https://bot.example.com/telegram/updates'];
  const { code, out } = await cli.run('init', {
    input: [
      testToken,
      testKey(1),
      'skip',
      'y',
      'nobody',
      'openai',
      'sk-canary-key-of-init-1',
      'y',
      '',
      'much',
      '10',
      '',
    ].concat(['files', ...bucket, ...webhook]),
  });
  expect(code).toBe(0);
  expect(out).toMatch(/There is none of that name; known are .*openai/);
  expect(out).toMatch(/BUDGET_PER_DAY must be/);
  expect(out).toContain('WEBHOOK_URL must be');
  expect(out).toContain('open http://127.0.0.1:3002');
  const { env, warnings } = readEnvironment({ cwd: cli.dataDir, processEnv: {} });
  const config = parseConfig(env);
  expect(warnings).toEqual([]);
  expect(readKeys(env).keys.map(({ provider }) => provider)).toEqual(['bytez', 'openai']);
  expect(env).toMatchObject({
    BUDGET_PER_DAY: '10',
    DATA_DIR: 'files',
    S3_BUCKET: 'pictures',
    WEBHOOK_URL: webhook[1],
  });
  expect(config.http.adminToken?.reveal().length).toBeGreaterThanOrEqual(32);
  expect(env['WEBHOOK_SECRET']).toMatch(/^[0-9a-f]{64}$/);
  for (const secret of ['canary', env['ADMIN_TOKEN'] ?? '', env['WEBHOOK_SECRET'] ?? ''])
    expect(out).not.toContain(secret);
});

test('darkroom init lets keys and admin wait, and says what is still to be done', async () => {
  await using wizard = await aWizard();
  const { code, out } = await wizard.cli.run('init', { input: [testToken] });
  expect(code).toBe(0);
  expect(out).toContain('put a key into BYTEZ_API_KEYS');
  expect(out).toContain('put your Telegram user id into ADMIN_IDS');
  expect(wizard.written()).toContain('\nBYTEZ_API_KEYS=\n');
});

test.each([
  ['n', 1],
  ['', 1],
] as const)('darkroom init replaces no .env unless it is told to: answer %j', async (answer, code) => {
  await using wizard = await aWizard();
  writeFileSync(wizard.path, 'FREE_RUNNING=2\n', { mode: 0o600 });
  expect((await wizard.cli.run('init', { input: [answer, testToken] })).code).toBe(code);
  expect(wizard.written()).toBe('FREE_RUNNING=2\n');
});

test('darkroom init keeps the .env that it replaces', async () => {
  await using wizard = await aWizard();
  writeFileSync(wizard.path, 'FREE_RUNNING=wrong\n', { mode: 0o600 });
  const { code, out } = await wizard.cli.run('init', { input: ['y', testToken, testKey(1), '77'] });
  expect(code).toBe(0);
  expect(wizard.written()).toContain('\nADMIN_IDS=77\n');
  const kept = readdirSync(wizard.cli.dataDir).find((name) => name.startsWith('.env.before-')) ?? '';
  expect(readFileSync(join(wizard.cli.dataDir, kept), 'utf8')).toBe('FREE_RUNNING=wrong\n');
  expect(out).toContain(join(wizard.cli.dataDir, kept));
});

test('darkroom init leaves nothing behind when it is stopped or its input ends', async () => {
  await using wizard = await aWizard();
  const stop = new AbortController();
  const stopped = await wizard.cli.run('init', {
    stop: stop.signal,
    input: [
      testToken,
      testKey(1),
      () => {
        stop.abort(new Error('Ctrl-C'));
        return new Promise<string>(() => undefined);
      },
    ],
  });
  expect(stopped).toMatchObject({ code: 130, err: '\nStopped; nothing was written\n' });
  const ended = await wizard.cli.run('init', { input: [] });
  expect(ended).toMatchObject({ code: 1, err: '\nStopped; nothing was written\n' });
  expect(existsSync(wizard.path)).toBe(false);
  expect(readdirSync(wizard.cli.dataDir)).toEqual([]);
});

test('darkroom init wipes a token and keys that were typed at a terminal', async () => {
  await using wizard = await aWizard();
  const { out } = await wizard.cli.run('init', { tty: true, columns: 40, input: [testToken, testKey(1), 'skip'] });
  expect(out).toMatch(/ {3}Token: \u001b\[2A\r\u001b\[J {3}Token: \(read, not shown\)/);
});
