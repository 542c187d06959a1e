import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../src/kit/secret.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { failingKeys, aCommandLineWithFailingKeys, lineOf } from './failing-keys.ts';
import { aCommandLine, atMs } from './command-line.ts';
import { testKey } from '../support/test-app.ts';

test('keys list shows the state of each key of a running bot', async () => {
  using cli = await aCommandLineWithFailingKeys();
  using _bot = takeOwnership(cli.dataDir);
  const { out, err, code } = await cli.run('keys list');
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(lineOf(out, 'bytez #1')).toMatch(/bytez +0\/1 +– +benched \(rejected\), probed again in 15 min$/);
  expect(lineOf(out, 'bytez #3')).toMatch(/cooling \(rate-limited\) until 12:00:20 UTC \(in 20 s\)$/);
  expect(lineOf(out, 'bytez #4')).toMatch(/1\/2 +– +suspect \(failed-run\)$/);
  expect(lineOf(out, 'bytez #5')).toMatch(/disabled$/);
  expect(lineOf(out, 'bytez #6')).toMatch(/half-open \(timed-out\)$/);
  expect(lineOf(out, 'bytez #7')).toMatch(/ready$/);
  expect(out).toContain('bytez: 3 of 7 keys take calls, 1 cooling, 2 benched, 1 disabled\n');
  expect(out).not.toContain('not running');
});

test('keys list without a running bot says so, and counts no call in flight', async () => {
  using cli = await aCommandLineWithFailingKeys();
  const { out } = await cli.run('keys list');
  expect(out).toContain('The bot is not running: these are the last stored figures');
  expect(lineOf(out, 'bytez #4')).toContain('0/2');
});

test('a cooldown that ended while the bot was stopped is over', async () => {
  using cli = await aCommandLineWithFailingKeys();
  await cli.clock.advance(21_000);
  const { out } = await cli.run('keys list');
  expect(lineOf(out, 'bytez #3')).toMatch(/half-open \(rate-limited\)$/);
});

test('keys that share an account name the first of it', async () => {
  using cli = aCommandLine();
  await cli.saveRecords({});
  const database = cli.openAsBot();
  const salt = String(database.getNow(`SELECT value FROM settings WHERE name = 'key-salt'`)?.['value']);
  database[Symbol.dispose]();
  const account = fingerprint(new Secret(testKey(1)), salt);
  await cli.saveRecords({ 1: { account }, 2: { account } });
  const { out } = await cli.run('keys list');
  expect(lineOf(out, 'bytez #2')).toContain('of bytez #1');
  const keys = JSON.parse((await cli.run('keys list --json')).out) as { keys: { account: string | null }[] };
  expect(keys.keys.slice(0, 3).map((key) => key.account)).toEqual(['bytez #1', 'bytez #1', null]);
});

test('hints and colours are for a person: in a terminal, and colours not where NO_COLOR is set', async () => {
  using cli = await aCommandLineWithFailingKeys();
  const hint = 'cana…ests';
  const piped = await cli.run('keys list');
  expect(piped.out).not.toContain(hint);
  expect(stripVTControlCharacters(piped.out)).toBe(piped.out);
  const seen = await cli.run('keys list', { tty: true });
  expect(seen.out).toContain(hint);
  expect(stripVTControlCharacters(seen.out)).not.toBe(seen.out);
  cli.env['NO_COLOR'] = '1';
  const plain = await cli.run('keys list', { tty: true });
  expect(plain.out).toContain(hint);
  expect(stripVTControlCharacters(plain.out)).toBe(plain.out);
});

test.each(['list', 'stats'])('keys %s fits a narrow terminal', async (command) => {
  using cli = await aCommandLineWithFailingKeys();
  const { out } = await cli.run(`keys ${command}`, { tty: true, columns: 50 });
  const table = stripVTControlCharacters(out).split('\n\n')[0] ?? '';
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(50);
});

test.each([
  [80, 'bytez #1 +0/1 +benched \\(rejected\\), probed again in 15 min$'],
  [60, 'bytez #1 .*benched \\(rejected\\), probed again in 15 min$'],
  [30, 'bytez #1  benched \\(rejected\\)…?'],
])('in %i columns keys list leaves out what matters least, and never the state', async (columns, line) => {
  using cli = await aCommandLineWithFailingKeys();
  const { out } = await cli.run('keys list', { tty: true, columns });
  expect(lineOf(stripVTControlCharacters(out), 'bytez #1')).toMatch(new RegExp(line));
});

test('in 80 columns keys stats still shows the last error', async () => {
  using cli = await aCommandLineWithFailingKeys();
  const { out } = await cli.run('keys stats', { tty: true, columns: 80 });
  expect(lineOf(stripVTControlCharacters(out), 'bytez #4')).toMatch(/failed-run, 4 s ago$/);
});

test.each(['list', 'report'])('keys %s ends with 1 when no key of a provider takes calls', async (command) => {
  using cli = aCommandLine();
  cli.env['BYTEZ_API_KEYS'] = `${testKey(1)},${testKey(2)}`;
  await cli.saveRecords({ 1: failingKeys[1] ?? {}, 2: failingKeys[5] ?? {} });
  expect((await cli.run(`keys ${command}`)).code).toBe(1);
  expect((await cli.run(`keys ${command} --json`)).code).toBe(1);
});

test.each(['list', 'report', 'test'])('keys %s ends with 1 and a fix when no key is set', async (command) => {
  using cli = aCommandLine();
  delete cli.env['BYTEZ_API_KEYS'];
  const { out, code } = await cli.run(`keys ${command}`);
  expect(code).toBe(1);
  expect(out).toContain('No provider key is set: put BYTEZ_API_KEY into .env');
});

test.each(['list', 'stats', 'report'])('keys %s without a key says why there is none', async (command) => {
  using cli = aCommandLine();
  delete cli.env['BYTEZ_API_KEYS'];
  mkdirSync(join(cli.dataDir, '.env'));
  expect((await cli.run(`keys ${command}`)).out).toContain('.env cannot be read; it is ignored\n');
});

test.each(['list', 'stats', 'report'])(
  'keys %s --json prints one document with everything but the keys',
  async (command) => {
    using cli = await aCommandLineWithFailingKeys();
    const { out } = await cli.run(`keys ${command} --json`, { tty: true });
    const document = JSON.parse(out) as { keys: Record<string, unknown>[] };
    expect(document).toMatchObject({
      at: '2026-01-01T12:00:00.000Z',
      bot: 'stopped',
      providers: [{ provider: 'bytez', total: 7, ready: 3, cooling: 1, benched: 2, disabled: 1 }],
      rememberedButNotConfigured: 0,
      warnings: [],
    });
    expect(document.keys[3]).toEqual({
      name: 'bytez #4',
      keyless: false,
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
      provider: 'bytez',
      origin: { variable: 'BYTEZ_API_KEYS', position: 4 },
      label: null,
      endsOn: null,
      state: { kind: 'suspect', reason: 'failed-run', sinceMs: atMs - 4_000 },
      acceptsCalls: true,
      inFlight: 0,
      seats: 2,
      account: null,
      balance: null,
      calls: 120,
      callsToday: 40,
      successes: 108,
      successRate: 0.9,
      errors: { 'failed-run': 12 },
      errorsInARow: 1,
      meanLatencyMs: 4_200,
      p95LatencyMs: 9_100,
      lastUsedMs: null,
      lastError: { reason: 'failed-run', atMs: atMs - 4_000 },
    });
    expect(out).not.toContain('…');
  },
);

test('keys stats shows statistics of each key, and no calls of today on another day', async () => {
  using cli = await aCommandLineWithFailingKeys();
  const { out, code } = await cli.run('keys stats');
  expect(code).toBe(0);
  expect(lineOf(out, 'bytez #4')).toMatch(/120 +40 +90 % +1 +4\.2 s +9\.1 s +failed-run, 4 s ago$/);
  expect(lineOf(out, 'bytez #7')).toMatch(/0 +0 +– +0 +– +– +–$/);
  await cli.clock.advance(86_400_000);
  expect(lineOf((await cli.run('keys stats')).out, 'bytez #4')).toMatch(/120 +0 +90 %/);
});
