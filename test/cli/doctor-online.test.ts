import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startBytezSandbox } from '../../sandbox/bytez/bytez-sandbox.ts';
import { startOpenAiSandbox } from '../../sandbox/openai/openai-sandbox.ts';
import { checkPort } from '../../src/cli/doctor/online-checks.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { accountsOf, testKey } from '../support/test-app.ts';
import { aCommandLine, atMs, type CommandLine } from './command-line.ts';

const token = `123456789:${'Ab_-3'.repeat(7)}`;
const bot = { id: 123_456_789, is_bot: true, first_name: 'Fox', username: 'fox_bot' };
const fine = { getMe: { ok: true, result: bot }, getWebhookInfo: { ok: true, result: { url: '' } } };

type Opened = AsyncDisposable & { readonly url: string; readonly asked: readonly string[] };

async function opened(server: Server, asked: readonly string[] = []): Promise<Opened> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers methods with JSON, at the time of the command line's clock unless another is given. */
function aTelegram(answers: Readonly<Record<string, unknown>>, dateMs = atMs): Promise<Opened> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const method = (request.url ?? '').split('/').at(-1) ?? '';
    asked.push(method);
    const answer = answers[method] ?? { ok: false, error_code: 404 };
    response.setHeader('date', new Date(dateMs).toUTCString());
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  return opened(server, asked);
}

async function findingsOf(cli: CommandLine): Promise<{ code: number; findings: readonly Finding[] }> {
  const { code, out } = await cli.run('doctor --online --json');
  return { code, findings: (JSON.parse(out) as { findings: Finding[] }).findings };
}

function linesOf(findings: readonly Finding[], ...checks: readonly string[]): readonly string[] {
  return findings
    .filter(({ check }) => checks.includes(check))
    .map(({ check, level, says }) => `${level} ${check}: ${says}`);
}

async function aCommandLineWith(telegram: Opened) {
  const cli = aCommandLine();
  Object.assign(cli.env, { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: telegram.url, HTTP_PORT: '0' });
  return cli;
}

test('darkroom doctor --online names the bot, its link, its webhook, the clock, the proxy and what the keys are worth', async () => {
  await using telegram = await aTelegram(fine);
  const accounts = accountsOf([[], []]);
  await using bytez = await startBytezSandbox({ clock: systemClock, accounts });
  using cli = await aCommandLineWith(telegram);
  Object.assign(cli.env, { BYTEZ_API_KEYS: `${testKey(1)},${testKey(2)}`, BYTEZ_BASE_URL: bytez.baseUrl });
  const { code, findings } = await findingsOf(cli);
  expect(linesOf(findings, 'proxy', 'telegram', 'webhook', 'time', 'keys of bytez', 'port')).toEqual([
    'note proxy: no proxy: every connection is direct',
    expect.stringMatching(/^good telegram: it accepts the token of @fox_bot \(https:\/\/t\.me\/fox_bot\), in /),
    'good webhook: none is set, so the bot can ask for updates',
    "good time: the machine's clock agrees with Telegram's",
    'good keys of bytez: bytez accepts all 2',
    'note port: HTTP_PORT is 0: the start takes a free one and names it',
  ]);
  expect(code).toBe(0);
  expect((await cli.run('doctor --online')).out).not.toContain('were not asked');
  Object.assign(cli.env, { BYTEZ_API_KEYS: `${testKey(1)},${testKey(9)}` });
  expect(linesOf((await findingsOf(cli)).findings, 'keys of bytez')).toEqual([
    'warning keys of bytez: 1 of 2 keys accepted: bytez #2 rejected',
  ]);
  Object.assign(cli.env, { BYTEZ_API_KEYS: testKey(9) });
  const refused = await findingsOf(cli);
  expect(linesOf(refused.findings, 'keys of bytez')).toEqual([
    'bad keys of bytez: 0 of 1 key accepted: bytez #1 rejected',
  ]);
  expect(refused.code).toBe(1);
});

test('a server that is asked without a key is in order when it answers, and its keys are told as none', async () => {
  await using telegram = await aTelegram(fine);
  await using server = await startOpenAiSandbox({ clock: systemClock, accounts: [] });
  using cli = await aCommandLineWith(telegram);
  Object.assign(cli.env, { BYTEZ_API_KEYS: '', OPENAI_BASE_URL: server.baseUrl });
  expect(linesOf((await findingsOf(cli)).findings, 'keys of openai')).toEqual([
    'good keys of openai: openai answers at its own address, without a key',
  ]);
  expect((await cli.run('keys list')).out).toMatch(/openai #1 +without a key +openai +0\/1 +– +ready/);
  expect((await cli.run('keys test')).out).toMatch(/openai #1 +OPENAI_BASE_URL, without a key .* accepted/);
  expect(server.calls.every(({ hasKey }) => !hasKey)).toBe(true);
});

test.each([
  ['a token that is refused', { getMe: { ok: false, error_code: 401 } }, 'it refuses the token'],
  ['a token of no bot', { getMe: { ok: false, error_code: 404 } }, 'it refuses the token'],
  [
    'a login page',
    { getMe: '<html>Welcome to the hotel</html>' },
    'what answers is not Telegram (HTTP 200, an HTML page)',
  ],
  ['an empty result', { getMe: { ok: true, result: null } }, 'what answers is not Telegram (HTTP 200, other JSON)'],
  ['other JSON', { getMe: { hello: 'world' } }, 'what answers is not Telegram (HTTP 200, other JSON)'],
])('darkroom doctor --online fails on %s, says what helps and shows no token', async (_what, answers, says) => {
  await using telegram = await aTelegram(answers);
  using cli = await aCommandLineWith(telegram);
  cli.env['BYTEZ_API_KEYS'] = '';
  const { code, out } = await cli.run('doctor --online');
  expect(code).toBe(1);
  expect(out).toContain(`✗ telegram: ${says}\n    `);
  expect(out).not.toContain('Ab_-3');
});

test('darkroom doctor --online says that Telegram cannot be reached, and names a proxy as a way', async () => {
  const closed = await aTelegram({});
  await closed[Symbol.asyncDispose]();
  using cli = await aCommandLineWith(closed);
  cli.env['BYTEZ_API_KEYS'] = '';
  const { findings } = await findingsOf(cli);
  expect(findings.find(({ check }) => check === 'telegram')).toMatchObject({
    level: 'bad',
    says: expect.stringMatching(/^it cannot be reached \(cannot connect: ECONNREFUSED\)$/) as string,
    fix: expect.stringContaining('HTTPS_PROXY') as string,
  });
});

test('darkroom doctor --online warns about a foreign webhook by its host alone, and about a wrong clock', async () => {
  const url = 'https://hooks.example/secret-path?token=abc';
  await using telegram = await aTelegram({ ...fine, getWebhookInfo: { ok: true, result: { url } } }, atMs + 600_000);
  using cli = await aCommandLineWith(telegram);
  cli.env['BYTEZ_API_KEYS'] = '';
  const { findings } = await findingsOf(cli);
  expect(linesOf(findings, 'webhook', 'time')).toEqual([
    'warning webhook: one is set, to hooks.example: updates go there until the bot starts and removes it',
    "warning time: the machine's clock is 10 min behind Telegram's",
  ]);
});

test('darkroom doctor asks nobody without --online, and says so', async () => {
  await using telegram = await aTelegram(fine);
  using cli = await aCommandLineWith(telegram);
  const { code, out } = await cli.run('doctor');
  expect(code).toBe(0);
  expect(telegram.asked).toEqual([]);
  expect(out).toContain(
    'Telegram, the providers and the HTTP port were not asked, "darkroom doctor --online" does that',
  );
  expect(out).not.toContain('All is well');
});

test('checkPort() tells a free port from one that is taken, and leaves the one of a running bot alone', async () => {
  await using taken = await opened(createServer());
  const port = Number(new URL(taken.url).port);
  expect(await checkPort('127.0.0.1', port, false)).toMatchObject({
    level: 'bad',
    says: `the health API cannot listen on 127.0.0.1:${port} (EADDRINUSE)`,
  });
  expect((await checkPort('127.0.0.1', port, true)).level).toBe('note');
  await taken[Symbol.asyncDispose]();
  expect((await checkPort('127.0.0.1', port, false)).level).toBe('good');
});
