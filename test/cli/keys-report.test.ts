import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyOrigins } from '../../src/cli/keys/known-keys.ts';
import type { KeyRecord } from '../../src/domain/key-state.ts';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { failingKeys, aCommandLineWithFailingKeys } from './failing-keys.ts';
import { aCommandLine, atMs, noHealth } from './command-line.ts';
import { testKey } from '../support/test-app.ts';

test('keys report says of each key what is wrong, since when, and what to do about it', async () => {
  using cli = await aCommandLineWithFailingKeys();
  const { out, code } = await cli.run('keys report');
  expect(code).toBe(0);
  const words = out.replaceAll(/ \([0-9a-f]{8}…\)/g, '');
  expect(words).toBe(`bytez: 3 of 7 keys take calls
  bytez #1 is refused by the provider, 3 times in a row (last rejected 2 min ago); probed again at 12:15:00 UTC (in 15 min)
    to do: replace it: BYTEZ_API_KEYS, position 1; when it was fixed at the provider, "darkroom keys wake bytez#1"
  bytez #2 is out of credit; tried again at 14:00:00 UTC (in 2 h)
    to do: add credit to its account, then "darkroom keys wake bytez#2"; or replace it: BYTEZ_API_KEYS, position 2
  bytez #3 has been cooling for 10 s: the provider said that it is called too often
    to do: wait until 12:00:20 UTC (in 20 s); if this happens often, add keys
  bytez #4 takes calls, after the others: it failed once (failed-run), 4 s ago
    to do: nothing to do, its next call decides
  bytez #5 is disabled
    to do: "darkroom keys enable bytez#5" enables it
  bytez #6 is half-open: its last call was not answered in time and may still hold its seat
    to do: nothing to do, its next call decides
The bot is not running: these are the last stored figures
`);
});

test('keys report tells when the first key is ready, when all of them are cooling', async () => {
  using cli = aCommandLine();
  cli.env['BYTEZ_API_KEYS'] = testKey(3);
  await cli.saveRecords({ 3: failingKeys[3] ?? {} });
  const { out } = await cli.run('keys report');
  expect(out).toContain(
    'bytez: no key takes calls, requests wait: the first key is ready at 12:00:20 UTC (in 20 s)\n  bytez #1',
  );
});

test('keys report names the variable and the position that a key was read from, and what was skipped', async () => {
  using cli = aCommandLine();
  const file = join(cli.dataDir, 'keys.txt');
  const pool = join(cli.dataDir, 'pool.json');
  writeFileSync(file, `# ours\n${testKey(4)}\n${testKey(5)}\n`, { mode: 0o600 });
  writeFileSync(pool, JSON.stringify({ bytez: [testKey(6)] }), { mode: 0o600 });
  Object.assign(cli.env, {
    BYTEZ_API_KEY: testKey(1),
    BYTEZ_API_KEYS: `short, ${testKey(2)}`,
    BYTEZ_API_KEY_FALLBACK_2: testKey(3),
    BYTEZ_API_KEY_FILE: file,
    TOKEN_POOL_FILE: pool,
  });
  const dead: Partial<KeyRecord> = failingKeys[1] ?? {};
  await cli.saveRecords({ 1: dead, 2: dead, 3: dead, 4: dead, 5: dead, 6: dead });
  const { out } = await cli.run('keys report');
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

test('keys report --json names the problems with their fixes', async () => {
  using cli = await aCommandLineWithFailingKeys();
  const { problems } = JSON.parse((await cli.run('keys report --json')).out) as { problems: { key: string }[] };
  expect(problems.map(({ key }) => key)).toEqual([1, 2, 3, 4, 5, 6].map((place) => `bytez #${place}`));
  expect(problems[4]).toEqual({
    key: 'bytez #5',
    acceptsCalls: false,
    what: 'is disabled',
    fix: '"darkroom keys enable bytez#5" enables it',
  });
});

test('a key that fails again and again is reported though it takes calls', async () => {
  using cli = aCommandLine();
  const health = {
    ...noHealth,
    consecutiveErrors: 4,
    lastError: { reason: 'overloaded' as const, atMs: atMs - 9_000 },
  };
  await cli.saveRecords({ 2: { health } });
  const { out } = await cli.run('keys report');
  expect(out).toMatch(/bytez #2 .*takes calls, but failed 4 times in a row \(last overloaded 9 s ago\)/);
});

test('a key of two halves is named by both of its variables', () => {
  const env = { FAL_KEY_ID: 'an-id-of-a-key', FAL_KEY_SECRET: 'its-secret-0123456789' };
  const { keys } = readKeys(env);
  expect(keys.map(keyOrigins(env, keys))).toEqual([
    { variable: 'FAL_KEY_ID and FAL_KEY_SECRET', position: 1, inFile: false },
  ]);
});
