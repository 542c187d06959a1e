import { chmodSync, mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnvironment } from '../../src/config/env.ts';
import { readKeys } from '../../src/keys/sources/read-keys.ts';

type Env = Readonly<Record<string, string | undefined>>;

function keysIn(env: Env) {
  const { keys, warnings } = readKeys(env);
  return { keys: keys.map(({ secret }) => secret.reveal()), warnings };
}

/** A `.env` with this text, and nothing around it. */
function dotEnv(text: string | Buffer, processEnv: Env = {}) {
  const { env, warnings } = readEnvironment({ cwd: '/house', processEnv, readFile: () => text.toString('utf8') });
  return { env: { ...env }, warnings };
}

test('a list of keys is trimmed, empty places are skipped, and repetitions are counted without their value (K1)', () => {
  const { keys, warnings } = keysIn({
    BYTEZ_API_KEYS: ' canary-a , canary-b,,canary-b ,\tcanary-c\n',
    BYTEZ_API_KEY_1: 'canary-c,canary-d,canary-a',
  });
  expect(keys).toEqual(['canary-c', 'canary-d', 'canary-a', 'canary-b']);
  expect(warnings).toEqual(['BYTEZ_API_KEYS repeats keys read before, at position 1, 3, 4; each key counts once']);
});

test('quotation marks around keys are removed, and one inside a key is refused by its place (K2)', () => {
  const { keys, warnings } = keysIn({
    BYTEZ_API_KEYS: `"'canary-a','canary-b'"`,
    BYTEZ_API_KEY_1: '“canary-c”,',
    BYTEZ_API_KEY_2: `canary-d,canary"inside`,
  });
  expect(keys).toEqual(['canary-c', 'canary-d', 'canary-a', 'canary-b']);
  expect(warnings).toEqual([
    'BYTEZ_API_KEY_2 position 2 is not a usable key: it has a quotation mark inside; it is skipped',
  ]);
});

test.each([
  ['a line break', 'canary\r\nX-Admin: 1'],
  ['a NUL', 'canary\0canary'],
  ['a Cyrillic letter', 'сanary-canary'],
  ['10 KB', `canary${'x'.repeat(10_000)}`],
  ['nothing but seven signs', 'canary7'],
  ['a control sign', 'canary\x1b[2Jcanary'],
])('a key with %s is refused by its place, never by its value (K5)', (_what, key) => {
  const { keys, warnings } = keysIn({ BYTEZ_API_KEYS: `good-key-1,${key},good-key-2` });
  for (const one of keys) expect(one).toMatch(/^[\x21-\x7e]{8,512}$/);
  expect(keys).not.toContain(key);
  expect(warnings.filter((warning) => /^BYTEZ_API_KEYS position \d+ is not a usable key: /.test(warning))).toHaveLength(
    warnings.length,
  );
  expect(warnings.length).toBeGreaterThan(0);
  expect(warnings.join()).not.toMatch(/canary|сanary/);
});

test('spaces part keys, and signs without width are taken out of them (K5)', () => {
  expect(keysIn({ BYTEZ_API_KEY: 'canary-a canary-b\u200b\u2060' })).toEqual({
    keys: ['canary-a', 'canary-b'],
    warnings: [],
  });
});

test('signs that mean something to shells and addresses stay in a key, byte for byte (K6)', () => {
  const key = String.raw`k$HOME%20#&=${'`'}id${'`'}$(id)\n/+;!~`;
  expect(keysIn({ BYTEZ_API_KEY: key }).keys).toEqual([key]);
  expect(keysIn({ ...dotEnv(`BYTEZ_API_KEY='${key.replaceAll("'", '')}'`).env }).keys).toEqual([key]);
});

test('a key file is read when it is small and plain, and every other one is explained (K8)', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'darkroom-keys-'));
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at('open'), 'canary-key-1\n');
  chmodSync(at('open'), 0o644);
  writeFileSync(at('private'), 'canary-key-1\n', { mode: 0o600 });
  writeFileSync(at('huge'), 'x'.repeat(64 * 1024 + 1));
  mkdirSync(at('folder'));
  symlinkSync(at('loop-2'), at('loop-1'));
  symlinkSync(at('loop-1'), at('loop-2'));
  const warningsOf = (name: string) => keysIn({ BYTEZ_API_KEY_FILE: at(name) }).warnings;
  expect(warningsOf('private')).toEqual([]);
  expect(warningsOf('open')).toEqual([
    'BYTEZ_API_KEY_FILE names a file that everyone on this machine may read; take that right away (chmod 600)',
  ]);
  expect(['huge', 'folder', 'loop-1', 'missing'].map((name) => warningsOf(name)[0])).toEqual([
    'BYTEZ_API_KEY_FILE names a file that is larger than 64 KB; its keys are skipped',
    'BYTEZ_API_KEY_FILE names a file that is not a plain file; its keys are skipped',
    'BYTEZ_API_KEY_FILE names a file that is a loop of links; its keys are skipped',
    'BYTEZ_API_KEY_FILE names a file that does not exist; its keys are skipped',
  ]);
  expect(keysIn({ BYTEZ_API_KEY_FILE: '/dev/zero' }).warnings[0]).toContain('is not a plain file');
});
