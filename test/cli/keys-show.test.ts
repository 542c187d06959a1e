import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { KeyRecord } from '../../src/domain/key-store.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { migrations } from '../../src/storage/migrate.ts';
import { takeOwnership } from '../../src/storage/owner-lock.ts';
import { fingerprint } from '../../src/keys/fingerprint.ts';
import { Secret } from '../../src/kit/secret.ts';
import { aStage, atMs, noHealth, type Stage, stageKey } from './stage.ts';

const aBadNight: Readonly<Record<number, Partial<KeyRecord>>> = {
  1: {
    state: { kind: 'benched', reason: 'rejected', probeAtMs: atMs + 900_000, times: 3, confirmed: true },
    health: { ...noHealth, calls: 3, lastError: { reason: 'rejected', atMs: atMs - 120_000 } },
  },
  2: { state: { kind: 'benched', reason: 'out-of-credit', probeAtMs: atMs + 7_200_000, times: 1, confirmed: true } },
  3: {
    state: { kind: 'cooling', sinceMs: atMs - 10_000, untilMs: atMs + 20_000, reason: 'rate-limited', stated: true },
  },
  4: {
    state: { kind: 'suspect', reason: 'failed-run', sinceMs: atMs - 4_000 },
    inFlight: 1,
    seats: { limit: 2.5 },
    health: {
      ...noHealth,
      calls: 120,
      successes: 108,
      errors: { 'failed-run': 12 },
      callsToday: 40,
      consecutiveErrors: 1,
      successRate: 0.9,
      meanLatencyMs: 4_200,
      p95LatencyMs: 9_100,
      lastError: { reason: 'failed-run', atMs: atMs - 4_000 },
    },
  },
  5: { state: { kind: 'disabled' } },
  6: { state: { kind: 'half-open', after: 'timed-out', times: 1 } },
};

async function aStageAtNight(): Promise<Stage> {
  const stage = aStage();
  await stage.remember(aBadNight);
  return stage;
}

/** The line that begins with these words. */
function lineOf(text: string, start: string): string {
  return text.split('\n').find((line) => line.trimStart().startsWith(start)) ?? '';
}

test('keys list shows where each key stands, beside a running bot', async () => {
  using stage = await aStageAtNight();
  using _bot = takeOwnership(stage.dataDir);
  const { out, err, code } = await stage.run('keys list');
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(lineOf(out, 'bytez #1')).toMatch(/bytez +0\/1 +– +benched \(rejected\), asked again in 15 min$/);
  expect(lineOf(out, 'bytez #3')).toMatch(/cooling \(rate-limited\) until 12:00:20 UTC \(in 20 s\)$/);
  expect(lineOf(out, 'bytez #4')).toMatch(/1\/2 +– +suspect \(failed-run\)$/);
  expect(lineOf(out, 'bytez #5')).toMatch(/disabled$/);
  expect(lineOf(out, 'bytez #6')).toMatch(/on trial \(timed-out\)$/);
  expect(lineOf(out, 'bytez #7')).toMatch(/ready$/);
  expect(out).toContain('bytez: 3 of 7 keys take calls, 1 cooling, 2 benched, 1 disabled\n');
  expect(out).not.toContain('not running');
});

test('keys list without a running bot says so, and counts no call under way', async () => {
  using stage = await aStageAtNight();
  const { out } = await stage.run('keys list');
  expect(out).toContain('The bot is not running: this is what it last wrote down');
  expect(lineOf(out, 'bytez #4')).toContain('0/2');
});

test('a rest that ended while the bot stood still is over', async () => {
  using stage = await aStageAtNight();
  await stage.clock.advance(21_000);
  const { out } = await stage.run('keys list');
  expect(lineOf(out, 'bytez #3')).toMatch(/on trial \(rate-limited\)$/);
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

test('a narrow terminal is not overrun', async () => {
  using stage = await aStageAtNight();
  const { out } = await stage.run('keys stats', { tty: true, columns: 50 });
  const table = stripVTControlCharacters(out).split('\n\n')[0] ?? '';
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(50);
});

test.each(['list', 'report'])('keys %s ends with 1 when no key of a provider takes calls', async (command) => {
  using stage = aStage();
  stage.env['BYTEZ_API_KEYS'] = `${stageKey(1)},${stageKey(2)}`;
  await stage.remember({ 1: aBadNight[1] ?? {}, 2: aBadNight[5] ?? {} });
  expect((await stage.run(`keys ${command}`)).code).toBe(1);
  expect((await stage.run(`keys ${command} --json`)).code).toBe(1);
});

test.each(['list', 'report', 'test'])('keys %s ends with 1 and a mend when no key is set', async (command) => {
  using stage = aStage();
  delete stage.env['BYTEZ_API_KEYS'];
  const { out, code } = await stage.run(`keys ${command}`);
  expect(code).toBe(1);
  expect(out).toContain('No provider key is set: put BYTEZ_API_KEY into .env');
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
      takesCalls: true,
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

test('keys report says of each key what is wrong, since when, and what to do about it', async () => {
  using stage = await aStageAtNight();
  const { out, code } = await stage.run('keys report');
  expect(code).toBe(0);
  const words = out.replaceAll(/ \([0-9a-f]{8}…\)/g, '');
  expect(words).toBe(`bytez: 3 of 7 keys take calls
  bytez #1 is refused by the provider, 3 times in a row (last rejected 2 min ago); asked again at 12:15:00 UTC (in 15 min)
    to do: replace it: BYTEZ_API_KEYS, position 1; when it was mended at the provider, "darkroom keys wake bytez#1"
  bytez #2 is out of credit; tried again at 14:00:00 UTC (in 2 h)
    to do: add credit to its account, then "darkroom keys wake bytez#2"; or replace it: BYTEZ_API_KEYS, position 2
  bytez #3 has rested for 10 s: the provider said that it is asked too often
    to do: wait until 12:00:20 UTC (in 20 s); if this is often so, add keys
  bytez #4 takes calls, after the others: it failed once (failed-run), 4 s ago
    to do: nothing to do, its next call decides
  bytez #5 is switched off
    to do: "darkroom keys enable bytez#5" switches it on
  bytez #6 is on trial: its last call was not answered in time and may still hold its seat
    to do: nothing to do, its next call decides
The bot is not running: this is what it last wrote down
`);
});

test('keys report tells when the first key wakes, when all of them rest', async () => {
  using stage = aStage();
  stage.env['BYTEZ_API_KEYS'] = stageKey(3);
  await stage.remember({ 3: aBadNight[3] ?? {} });
  const { out } = await stage.run('keys report');
  expect(out).toContain(
    'bytez: no key takes calls, requests wait: the first key wakes at 12:00:20 UTC (in 20 s)\n  bytez #1',
  );
});

test('keys report names the variable and the position that a key was read from, and what was skipped', async () => {
  using stage = aStage();
  const file = join(stage.dataDir, 'keys.txt');
  const pool = join(stage.dataDir, 'pool.json');
  writeFileSync(file, `# ours\n${stageKey(4)}\n${stageKey(5)}\n`, { mode: 0o600 });
  writeFileSync(pool, JSON.stringify({ bytez: [stageKey(6)] }), { mode: 0o600 });
  Object.assign(stage.env, {
    BYTEZ_API_KEY: stageKey(1),
    BYTEZ_API_KEYS: `short, ${stageKey(2)}`,
    BYTEZ_API_KEY_FALLBACK_2: stageKey(3),
    BYTEZ_API_KEY_FILE: file,
    TOKEN_POOL_FILE: pool,
  });
  const dead: Partial<KeyRecord> = aBadNight[1] ?? {};
  await stage.remember({ 1: dead, 2: dead, 3: dead, 4: dead, 5: dead, 6: dead });
  const { out } = await stage.run('keys report');
  const places = out.split('\n').flatMap((line) => /replace it: (.*);/.exec(line)?.[1] ?? []);
  expect(places).toEqual([
    'BYTEZ_API_KEY, position 1',
    'BYTEZ_API_KEYS, position 2',
    'BYTEZ_API_KEY_FALLBACK_2, position 1',
    'key 1 of the file that BYTEZ_API_KEY_FILE names',
    'key 2 of the file that BYTEZ_API_KEY_FILE names',
    'key 1 of the file that TOKEN_POOL_FILE names',
  ]);
  expect(out).toContain('- BYTEZ_API_KEYS position 1 is not a usable key');
});

test('keys report --json names the troubles with their mends', async () => {
  using stage = await aStageAtNight();
  const { troubles } = JSON.parse((await stage.run('keys report --json')).out) as { troubles: { key: string }[] };
  expect(troubles.map(({ key }) => key)).toEqual([1, 2, 3, 4, 5, 6].map((place) => `bytez #${place}`));
  expect(troubles[4]).toEqual({
    key: 'bytez #5',
    takesCalls: false,
    what: 'is switched off',
    mend: '"darkroom keys enable bytez#5" switches it on',
  });
});

test('a key that fails again and again is reported though it takes calls', async () => {
  using stage = aStage();
  const health = {
    ...noHealth,
    consecutiveErrors: 4,
    lastError: { reason: 'overloaded' as const, atMs: atMs - 9_000 },
  };
  await stage.remember({ 2: { health } });
  const { out } = await stage.run('keys report');
  expect(out).toMatch(/bytez #2 .*takes calls, but failed 4 times in a row \(last overloaded 9 s ago\)/);
});

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
