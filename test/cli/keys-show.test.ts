import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { fingerprint } from '../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../src/kit/secret.ts';
import { takeOwnership } from '../../src/storage/sqlite/owner-lock.ts';
import { aBadNight, aStageAtNight, lineOf } from './bad-night.ts';
import { aStage, atMs, stageKey } from './stage.ts';

test('keys list shows where each key stands, beside a running bot', async () => {
  using stage = await aStageAtNight();
  using _bot = takeOwnership(stage.dataDir);
  const { out, err, code } = await stage.run('keys list');
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
  using stage = await aStageAtNight();
  const { out } = await stage.run('keys list');
  expect(out).toContain('The bot is not running: these are the last stored figures');
  expect(lineOf(out, 'bytez #4')).toContain('0/2');
});

test('a rest that ended while the bot stood still is over', async () => {
  using stage = await aStageAtNight();
  await stage.clock.advance(21_000);
  const { out } = await stage.run('keys list');
  expect(lineOf(out, 'bytez #3')).toMatch(/half-open \(rate-limited\)$/);
});

test('keys that share an account name the first of it', async () => {
  using stage = aStage();
  await stage.remember({});
  const database = stage.openAsBot();
  const salt = String(database.get(`SELECT value FROM settings WHERE name = 'key-salt'`)?.['value']);
  database[Symbol.dispose]();
  const account = fingerprint(new Secret(stageKey(1)), salt);
  await stage.remember({ 1: { account }, 2: { account } });
  const { out } = await stage.run('keys list');
  expect(lineOf(out, 'bytez #2')).toContain('of bytez #1');
  const keys = JSON.parse((await stage.run('keys list --json')).out) as { keys: { account: string | null }[] };
  expect(keys.keys.slice(0, 3).map((key) => key.account)).toEqual(['bytez #1', 'bytez #1', null]);
});

test('hints and colours are for a person: in a terminal, and colours not where NO_COLOR is set', async () => {
  using stage = await aStageAtNight();
  const hint = 'cana…ests';
  const piped = await stage.run('keys list');
  expect(piped.out).not.toContain(hint);
  expect(stripVTControlCharacters(piped.out)).toBe(piped.out);
  const seen = await stage.run('keys list', { tty: true });
  expect(seen.out).toContain(hint);
  expect(stripVTControlCharacters(seen.out)).not.toBe(seen.out);
  stage.env['NO_COLOR'] = '1';
  const plain = await stage.run('keys list', { tty: true });
  expect(plain.out).toContain(hint);
  expect(stripVTControlCharacters(plain.out)).toBe(plain.out);
});

test.each(['list', 'stats'])('a narrow terminal is not overrun by keys %s', async (command) => {
  using stage = await aStageAtNight();
  const { out } = await stage.run(`keys ${command}`, { tty: true, columns: 50 });
  const table = stripVTControlCharacters(out).split('\n\n')[0] ?? '';
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(50);
});

test.each([
  [80, 'bytez #1 +0/1 +benched \\(rejected\\), probed again in 15 min$'],
  [60, 'bytez #1 .*benched \\(rejected\\), probed again in 15 min$'],
  [30, 'bytez #1  benched \\(rejected\\)…?'],
])('in %i columns keys list leaves out what matters least, and never the state', async (columns, line) => {
  using stage = await aStageAtNight();
  const { out } = await stage.run('keys list', { tty: true, columns });
  expect(lineOf(stripVTControlCharacters(out), 'bytez #1')).toMatch(new RegExp(line));
});

test('in 80 columns keys stats still shows the last error', async () => {
  using stage = await aStageAtNight();
  const { out } = await stage.run('keys stats', { tty: true, columns: 80 });
  expect(lineOf(stripVTControlCharacters(out), 'bytez #4')).toMatch(/failed-run, 4 s ago$/);
});

test.each(['list', 'report'])('keys %s ends with 1 when no key of a provider takes calls', async (command) => {
  using stage = aStage();
  stage.env['BYTEZ_API_KEYS'] = `${stageKey(1)},${stageKey(2)}`;
  await stage.remember({ 1: aBadNight[1] ?? {}, 2: aBadNight[5] ?? {} });
  expect((await stage.run(`keys ${command}`)).code).toBe(1);
  expect((await stage.run(`keys ${command} --json`)).code).toBe(1);
});

test.each(['list', 'report', 'test'])('keys %s ends with 1 and a fix when no key is set', async (command) => {
  using stage = aStage();
  delete stage.env['BYTEZ_API_KEYS'];
  const { out, code } = await stage.run(`keys ${command}`);
  expect(code).toBe(1);
  expect(out).toContain('No provider key is set: put BYTEZ_API_KEY into .env');
});

test.each(['list', 'stats', 'report'])('keys %s without a key says what keeps it from finding one', async (command) => {
  using stage = aStage();
  delete stage.env['BYTEZ_API_KEYS'];
  mkdirSync(join(stage.dataDir, '.env'));
  expect((await stage.run(`keys ${command}`)).out).toContain('.env cannot be read; it is ignored\n');
});

test.each(['list', 'stats', 'report'])(
  'keys %s --json prints one document with everything but the keys',
  async (command) => {
    using stage = await aStageAtNight();
    const { out } = await stage.run(`keys ${command} --json`, { tty: true });
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
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
      provider: 'bytez',
      origin: { variable: 'BYTEZ_API_KEYS', position: 4 },
      state: { kind: 'suspect', reason: 'failed-run', sinceMs: atMs - 4_000 },
      acceptsCalls: true,
      inFlight: 0,
      seats: 2,
      account: null,
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

test('keys stats shows how each key has fared, and no calls today on another day', async () => {
  using stage = await aStageAtNight();
  const { out, code } = await stage.run('keys stats');
  expect(code).toBe(0);
  expect(lineOf(out, 'bytez #4')).toMatch(/120 +40 +90 % +1 +4\.2 s +9\.1 s +failed-run, 4 s ago$/);
  expect(lineOf(out, 'bytez #7')).toMatch(/0 +0 +– +0 +– +– +–$/);
  await stage.clock.advance(86_400_000);
  expect(lineOf((await stage.run('keys stats')).out, 'bytez #4')).toMatch(/120 +0 +90 %/);
});
