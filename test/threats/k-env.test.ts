import { chmodSync, mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { unknownNames } from '../../src/config-names.ts';
import { ConfigError, parseConfig } from '../../src/config.ts';
import { readEnvironment } from '../../src/environment.ts';
import { readKeys } from '../../src/keys/read-keys.ts';

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

function mistakesIn(env: Env): readonly string[] {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(`${inspect(error, { depth: 10 })}${JSON.stringify(error)}`).not.toContain('canary');
    return error.mistakes;
  }
}

test('K1 a list of keys is trimmed, empty places are skipped, and repetitions are counted without their value', () => {
  const { keys, warnings } = keysIn({
    BYTEZ_API_KEYS: ' canary-a , canary-b,,canary-b ,\tcanary-c\n',
    BYTEZ_API_KEY_1: 'canary-c,canary-d,canary-a',
  });
  expect(keys).toEqual(['canary-c', 'canary-d', 'canary-a', 'canary-b']);
  expect(warnings).toEqual(['BYTEZ_API_KEYS repeats keys read before, at position 1, 3, 4; each key counts once']);
});

test('K2 quotation marks around keys are removed, and one inside a key is refused by its place', () => {
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

test('K3 a byte order mark before the first name does not hide it', () => {
  expect(dotEnv('\ufeffTELEGRAM_BOT_TOKEN=1\nB=2\n')).toEqual({
    env: { TELEGRAM_BOT_TOKEN: '1', B: '2' },
    warnings: [],
  });
  const utf16 = Buffer.from('\ufeffTELEGRAM_BOT_TOKEN=1\n', 'utf16le');
  expect(dotEnv(utf16)).toEqual({
    env: {},
    warnings: ['.env is not UTF-8 text; it is ignored, save it again as UTF-8'],
  });
});

test('K4 an open quotation mark, a name set twice and Windows line ends are told or harmless', () => {
  const open = '.env line 1 opens a quotation mark at A and does not close it on that line';
  const swallowing = dotEnv('A="canary\r\nTELEGRAM_BOT_TOKEN=2\r\nC="4"\r\nD=5\r\n');
  expect(swallowing.warnings).toEqual([open]);
  expect(swallowing.env).not.toHaveProperty('TELEGRAM_BOT_TOKEN');
  expect(dotEnv('A="canary\r\nB=2\r\n')).toMatchObject({ env: { B: '2' }, warnings: [open] });
  expect(dotEnv('A=1\r\nB="2"\r\nA=3\r\n')).toEqual({
    env: { A: '3', B: '2' },
    warnings: ['.env line 3 sets A again; the last one counts'],
  });
});

test.each([
  ['a line break', 'canary\r\nX-Admin: 1'],
  ['a NUL', 'canary\0canary'],
  ['a Cyrillic letter', 'сanary-canary'],
  ['10 KB', `canary${'x'.repeat(10_000)}`],
  ['nothing but seven signs', 'canary7'],
  ['a control sign', 'canary\x1b[2Jcanary'],
])('K5 a key with %s is refused by its place, never by its value', (_what, key) => {
  const { keys, warnings } = keysIn({ BYTEZ_API_KEYS: `good-key-1,${key},good-key-2` });
  for (const one of keys) expect(one).toMatch(/^[\x21-\x7e]{8,512}$/);
  expect(keys).not.toContain(key);
  expect(warnings.filter((warning) => /^BYTEZ_API_KEYS position \d+ is not a usable key: /.test(warning))).toHaveLength(
    warnings.length,
  );
  expect(warnings.length).toBeGreaterThan(0);
  expect(warnings.join()).not.toMatch(/canary|сanary/);
});

test('K5 spaces part keys, and signs without width are taken out of them', () => {
  expect(keysIn({ BYTEZ_API_KEY: 'canary-a canary-b\u200b\u2060' })).toEqual({
    keys: ['canary-a', 'canary-b'],
    warnings: [],
  });
});

test('K6 signs that mean something to shells and addresses stay in a key, byte for byte', () => {
  const key = String.raw`k$HOME%20#&=${'`'}id${'`'}$(id)\n/+;!~`;
  expect(keysIn({ BYTEZ_API_KEY: key }).keys).toEqual([key]);
  expect(keysIn({ ...dotEnv(`BYTEZ_API_KEY='${key.replaceAll("'", '')}'`).env }).keys).toEqual([key]);
});

test.each(['canary', ' 123456789:canary-of-thirty-letters-and-more', '123456789: canary-of-thirty-letters-and-more'])(
  'K7 a bot token of the wrong shape stops the start without being shown: %j',
  (token) => {
    expect(mistakesIn({ TELEGRAM_BOT_TOKEN: token })).toEqual([
      expect.stringMatching(/^TELEGRAM_BOT_TOKEN must be the token that @BotFather gives/),
    ]);
  },
);

test('K8 a key file is read when it is small and plain, and every other one is explained', () => {
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

test.each(['DEBUG', 'NODE_DEBUG'])(
  'K12 %s is warned about, whether it is in the file or in the environment',
  (name) => {
    const warning = `${name} is set: what libraries print because of it may show secrets; unset it in production`;
    expect(dotEnv('', { [name]: 'grammy*' }).warnings).toEqual([warning]);
    expect(dotEnv(`${name}=http\n`).warnings).toEqual([warning]);
    expect(dotEnv('', { [name]: '' }).warnings).toEqual([]);
  },
);

const counts = ['MAX_ATTEMPTS', 'BYTEZ_SEATS_PER_KEY', 'FREE_RUNNING', 'PREMIUM_WAITING', 'HTTP_PORT'] as const;

test.each(counts)('K19 %s is a whole number within its bounds, or the start says so', (name) => {
  const bad = ['-1', '1e9', 'abc', '4.5', ' 4 ', '0x10', '４', 'NaN', '1_0', '999999999'];
  for (const value of name === 'HTTP_PORT' ? bad : ['0', ...bad]) {
    expect(mistakesIn({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name} must be a whole number`)),
    ]);
  }
  expect(mistakesIn({ [name]: '4' })).toEqual([]);
});

test('K20 a misspelt name is answered with the nearest that is known, without its value', () => {
  expect(
    unknownNames({ BOT_TOKNE: 'canary', TELEGRAM_BOT_TOKNE: 'canary', ADMIN_ID: 'canary', PATH: 'canary' }),
  ).toEqual([
    'BOT_TOKNE is not a name that is read here; did you mean TELEGRAM_BOT_TOKEN?',
    'TELEGRAM_BOT_TOKNE is not a name that is read here; did you mean TELEGRAM_BOT_TOKEN?',
    'ADMIN_ID is not a name that is read here; did you mean ADMIN_IDS?',
  ]);
});
