import { mkdirSync, mkdtempDisposableSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KeySource } from '../../../src/keys/sources/key-source.ts';
import type { KeyFile } from '../../../src/keys/sources/key-file.ts';

const place = () => mkdtempDisposableSync(join(tmpdir(), 'darkroom-keys-'));

function keysOf(source: KeySource, env: Readonly<Record<string, string>>) {
  const { keys, warnings } = source.read(env);
  return { keys: keys.map(({ secret }) => secret.reveal()), warnings };
}

/** Two looks, as long apart as they are. */
const settled = (source: KeySource) => [source.hasChanged(), source.hasChanged()];

const secretFile = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 });

test('KeySource sees that a file changed once it stays as it is, and reads it anew', () => {
  using folder = place();
  const path = join(folder.path, 'keys');
  secretFile(path, 'key-number-1\n');
  const source = new KeySource();
  const env = { BYTEZ_API_KEY_FILE: path };
  expect(keysOf(source, env)).toEqual({ keys: ['key-number-1'], warnings: [] });
  expect(settled(source)).toEqual([false, false]);
  secretFile(path, 'key-number-1\nkey-nu');
  expect(source.hasChanged()).toBe(false);
  secretFile(path, 'key-number-1\nkey-number-2\n');
  expect(settled(source)).toEqual([false, true]);
  expect(keysOf(source, env)).toEqual({ keys: ['key-number-1', 'key-number-2'], warnings: [] });
  expect(settled(source)).toEqual([false, false]);
});

test('KeySource follows links that are swapped, as a mounted secret is renewed', () => {
  using folder = place();
  const [data, older, newer] = ['..data', '..1', '..2'].map((name) => join(folder.path, name));
  if (data === undefined || older === undefined || newer === undefined) throw new Error('Cannot test without folders');
  for (const [version, key] of [
    [older, 'key-number-1'],
    [newer, 'key-number-2'],
  ] as const) {
    mkdirSync(version);
    secretFile(join(version, 'keys'), `${key}\n`);
  }
  symlinkSync(older, data);
  const path = join(folder.path, 'keys');
  symlinkSync(join('..data', 'keys'), path);
  const source = new KeySource();
  expect(keysOf(source, { BYTEZ_API_KEY_FILE: path }).keys).toEqual(['key-number-1']);
  symlinkSync(newer, `${data}_tmp`);
  renameSync(`${data}_tmp`, data);
  rmSync(older, { recursive: true });
  expect(settled(source)).toEqual([false, true]);
  expect(keysOf(source, { BYTEZ_API_KEY_FILE: path })).toEqual({ keys: ['key-number-2'], warnings: [] });
});

test.each<[string, KeyFile, string]>([
  ['vanished', { kind: 'unreadable', why: 'does not exist' }, 'does not exist'],
  ['is empty', { kind: 'read', text: ' \n', openToAll: false }, 'is empty now'],
  [
    'is half written',
    { kind: 'read', text: '{"bytez": ["key-num', openToAll: false },
    'is not a whole JSON object now',
  ],
])(
  'KeySource keeps the keys of a pool file that %s, says so, and reads it again when it is fixed',
  (_, file, words) => {
    const pool = (key: string): KeyFile => ({ kind: 'read', text: `{"bytez": ["${key}"]}`, openToAll: false });
    let now = pool('key-number-1');
    let mark = '1';
    const source = new KeySource({ readFile: () => now, markOf: () => mark });
    const env = { TOKEN_POOL_FILE: '"/pool.json"' };
    expect(keysOf(source, env)).toEqual({ keys: ['key-number-1'], warnings: [] });
    now = file;
    mark = '2';
    expect(settled(source)).toEqual([false, true]);
    const kept = {
      keys: ['key-number-1'],
      warnings: [`TOKEN_POOL_FILE names a file that ${words}; the keys that it gave before stay`],
    };
    expect(keysOf(source, env)).toEqual(kept);
    expect(keysOf(source, env)).toEqual(kept);
    now = pool('key-number-2');
    mark = '3';
    expect(settled(source)).toEqual([false, true]);
    expect(keysOf(source, env)).toEqual({ keys: ['key-number-2'], warnings: [] });
  },
);

test('KeySource takes a file whose keys are all commented out at its word', () => {
  let text = 'key-number-1\nkey-number-2\n';
  const source = new KeySource({ readFile: () => ({ kind: 'read', text, openToAll: false }), markOf: () => text });
  const env = { BYTEZ_API_KEY_FILE: '/keys', HORDE_ANONYMOUS: 'off' };
  expect(keysOf(source, env).keys).toHaveLength(2);
  text = '# key-number-1\n# key-number-2\n';
  expect(keysOf(source, env)).toEqual({ keys: [], warnings: [] });
});

test('KeySource waits for a file that was not there at the start', () => {
  using folder = place();
  const path = join(folder.path, 'later');
  const source = new KeySource();
  const env = { BYTEZ_API_KEY: 'key-number-1', OPENAI_API_KEY_FILE: path };
  expect(keysOf(source, env)).toEqual({
    keys: ['key-number-1'],
    warnings: ['OPENAI_API_KEY_FILE names a file that does not exist; its keys are skipped'],
  });
  expect(settled(source)).toEqual([false, false]);
  secretFile(path, 'key-number-2\n');
  expect(settled(source)).toEqual([false, true]);
  expect(keysOf(source, env)).toEqual({ keys: ['key-number-1', 'key-number-2'], warnings: [] });
});
