import { chmodSync, mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KeyFile } from '../../../src/keys/sources/key-file.ts';
import { readSmallFile } from '../../../src/kit/files.ts';
import { readKeys } from '../../../src/keys/sources/read-keys.ts';
import { anyCharacter } from '../../support/any-character.ts';

type Env = Readonly<Record<string, string | undefined>>;

const noFile = (): KeyFile => ({ kind: 'unreadable', why: 'does not exist' });

function filesOf(files: Readonly<Record<string, string>>) {
  return (path: string): KeyFile => {
    const text = files[path];
    return text === undefined ? noFile() : { kind: 'read', text, openToAll: false };
  };
}

function read(env: Env, files: Readonly<Record<string, string>> = {}) {
  const { keys, warnings } = readKeys(env, { readFile: filesOf(files) });
  return { keys: keys.map((key) => key.secret.reveal()), warnings };
}

test('readKeys() reads every form in the one order, with gaps in the numbering', () => {
  const env = {
    TOKEN_POOL_FILE: '/pool.json',
    BYTEZ_API_KEY_FILE: '/run/secrets/bytez',
    BYTEZ_API_KEY_FALLBACK_2: 'fallback-2',
    BYTEZ_API_KEY_FALLBACK_1: 'fallback-1',
    BYTEZ_API_KEYS: 'listed-1,listed-2 listed-3\nlisted-4',
    BYTEZ_API_KEY10: 'joined-10',
    BYTEZ_API_KEY2: 'joined-02',
    BYTEZ_API_KEY_10: 'number-10a, number-10b',
    BYTEZ_API_KEY_9: 'number-09',
    BYTEZ_API_KEY_1: 'number-01',
    BYTEZ_API_KEY: 'plain-key',
  };
  const files = {
    '/run/secrets/bytez': '\ufeff# the team account\r\nfile-key-1\r\n\r\n  # another\r\nfile-key-2\r\n',
    '/pool.json': '{"bytez:org/model": ["bound-key"], "bytez": ["pool-key-1", "pool-key-2"]}',
  };
  const { keys, warnings } = readKeys(env, { readFile: filesOf(files) });
  expect(warnings).toEqual([]);
  const seen = keys.map(({ secret, where: _where, ...key }) => ({ ...key, key: secret.reveal() }));
  expect([keys[4]?.where, keys[13]?.where, keys.at(-1)?.where]).toEqual([
    'BYTEZ_API_KEY_10, position 2',
    'BYTEZ_API_KEY_FILE, position 1',
    'TOKEN_POOL_FILE entry 1, position 1',
  ]);
  const order = [
    ['plain-key', 'number-01', 'number-09', 'number-10a', 'number-10b', 'joined-02', 'joined-10'],
    ['listed-1', 'listed-2', 'listed-3', 'listed-4', 'fallback-1', 'fallback-2'],
    ['file-key-1', 'file-key-2', 'pool-key-1', 'pool-key-2'],
  ].flat();
  expect(seen).toEqual([
    ...order.map((key, index) => ({ provider: 'bytez', place: index + 1, weight: 1, key })),
    { provider: 'bytez', place: order.length + 1, weight: 1, key: 'bound-key', onlyModel: 'org/model' },
  ]);
});

test('readKeys() numbers each provider from 1 and knows both names of Claude and of Stability', () => {
  const { keys } = readKeys({
    ANTHROPIC_API_KEY: 'anthropic-key',
    CLAUDE_API_KEY_2: 'claude-key-2',
    STABILITY_KEY: 'stability-b',
    STABILITY_API_KEY: 'stability-a',
    OPENAI_API_KEY: 'openai-key',
    SUNO_API_KEY: 'suno-key-1',
    DEEPSEEK_API_KEY: 'deepseek-key',
    MISTRAL_API_KEYS: 'mistral-key',
    GEMINI_API_KEY: 'gemini-key',
    COHERE_API_KEY1: 'cohere-key',
    BYTEZ_KEY: 'not-a-name-of-ours',
  });
  const found = keys.map(({ provider, place, secret }) => `${provider} #${place} ${secret.reveal()}`);
  expect(found.toSorted()).toEqual([
    'anthropic #1 claude-key-2',
    'anthropic #2 anthropic-key',
    'cohere #1 cohere-key',
    'deepseek #1 deepseek-key',
    'gemini #1 gemini-key',
    'mistral #1 mistral-key',
    'openai #1 openai-key',
    'stability #1 stability-a',
    'stability #2 stability-b',
    'suno #1 suno-key-1',
  ]);
});

test.each([
  [{ FAL_KEY: 'some-id:some-secret' }, ['some-id:some-secret'], []],
  [{ FAL_KEY_ID: '"some-id"', FAL_KEY_SECRET: ' some-secret ' }, ['some-id:some-secret'], []],
  [
    { FAL_API_KEY: 'first-id:first-secret', FAL_KEY_ID: 'some-id', FAL_KEY_SECRET: 'some-secret' },
    ['first-id:first-secret', 'some-id:some-secret'],
    [],
  ],
  [{ FAL_KEY_ID: 'some-id' }, [], ['FAL_KEY_ID is half a key; set FAL_KEY_SECRET too']],
  [{ FAL_KEY_SECRET: 'some-secret' }, [], ['FAL_KEY_SECRET is half a key; set FAL_KEY_ID too']],
  [{ REPLICATE_API_TOKEN: 'r8_some_token_0123' }, ['r8_some_token_0123'], []],
  [
    { HF_TOKEN_2: 'hf_token_b', HF_TOKEN: 'hf_token_a', HF_API_TOKEN3: 'hf_token_c' },
    ['hf_token_a', 'hf_token_b', 'hf_token_c'],
    [],
  ],
  [
    {
      STABILITY_KEYS: 'listed-key-b,listed-key-c',
      STABILITY_API_KEY_1: 'number-key-a',
      STABILITY_KEY_FALLBACK_1: 'last-key-d',
    },
    ['number-key-a', 'listed-key-b', 'listed-key-c', 'last-key-d'],
    [],
  ],
])('readKeys() reads the key of %j', (env, expected, warnings) => {
  const read = readKeys(env);
  expect(read.keys.map(({ secret }) => secret.reveal())).toEqual(expected);
  expect(read.warnings).toEqual(warnings);
});

test.each([
  [{ OPENAI_BASE_URL: 'http://127.0.0.1:8080' }, ['openai #1 without a key']],
  [{ OPENAI_BASE_URL: '"http://127.0.0.1:8080/v1"', OPENAI_WEIGHTS: '3' }, ['openai #1 without a key']],
  [{ OPENAI_BASE_URL: 'http://127.0.0.1:8080', OPENAI_API_KEY: 'openai-key' }, ['openai #1 openai-key']],
  [{ OPENAI_BASE_URL: 'https://api.openai.com' }, []],
  [{ OPENAI_BASE_URL: 'https://eu.api.openai.com/v1' }, []],
  [{ OPENAI_BASE_URL: 'https://api.notopenai.com/v1' }, ['openai #1 without a key']],
  [{ OPENAI_BASE_URL: 'no address' }, []],
  [{ BYTEZ_BASE_URL: 'http://127.0.0.1:8080/models/v2' }, []],
])('readKeys() makes a server with an address of its own one without a key: %j', (env, keys) => {
  expect(
    readKeys(env).keys.map(({ provider, place, secret, keyless }) => {
      return `${provider} #${place} ${keyless === true ? `without a key${secret.reveal()}` : secret.reveal()}`;
    }),
  ).toEqual(keys);
});

test.each([
  ['"quoted-key"', ['quoted-key']],
  ["'first-key','second-key'", ['first-key', 'second-key']],
  [`"'first-key','second-key'"`, ['first-key', 'second-key']],
  ['"first-key, second-key"', ['first-key', 'second-key']],
  ['“smart-quoted”', ['smart-quoted']],
  [' a-key-one , b-key-two,,b-key-three,\tc-key-four\n', ['a-key-one', 'b-key-two', 'b-key-three', 'c-key-four']],
  ['\ufeffmarked-key\r', ['marked-key']],
  ['zero\u200bwidth\u200d-key\u2060', ['zerowidth-key']],
  ['a-key-one b-key-two\u200b\u2060', ['a-key-one', 'b-key-two']],
  ['a-key\u00a0b-key-two', ['b-key-two']],
  ['k$%#&=/+:!~@?*(1)^\\`', ['k$%#&=/+:!~@?*(1)^\\`']],
  ['', []],
  [' \t\r\n,,""', []],
])('readKeys() reads %j as the keys in it (K1, K2, K6)', (value, keys) => {
  expect(read({ BYTEZ_API_KEY: value }).keys).toEqual(keys);
});

test.each([
  ['short', 'a key has 8 to 512 characters'],
  ['x'.repeat(513), 'a key has 8 to 512 characters'],
  ['x'.repeat(10_000), 'a key has 8 to 512 characters'],
  ['kеy-with-cyrillic', 'it has a character that an HTTP header cannot carry'],
  ['key-with-\0-nul', 'it has a character that an HTTP header cannot carry'],
  ['key-with-\x7f', 'it has a character that an HTTP header cannot carry'],
  ['key-with\x1b[2J-an-escape', 'it has a character that an HTTP header cannot carry'],
  ['key-"inside"-quoted', 'it has a quotation mark inside'],
  ['X-Admin-Header:', 'it is the name of a header'],
])('readKeys() skips the key %j and names only its variable and position (K5)', (value, why) => {
  expect(read({ BYTEZ_API_KEYS: `good-key-1,${value},good-key-2` })).toEqual({
    keys: ['good-key-1', 'good-key-2'],
    warnings: [`BYTEZ_API_KEYS position 2 is not a usable key: ${why}; it is skipped`],
  });
});

const one = 'bz-aaaa-1111';
const two = 'bz-bbbb-2222';

test.each([
  [`${one} # account of somebody@example.com`],
  [`${one}\t#second-account-2024`],
  [`# account of somebody@example.com\n${one}`],
  [`${one},# the next one is used up ${two}`],
  [`"${one}" # account of somebody@example.com`],
  [`"${one} # account of somebody@example.com"`],
  [`${one} // account of somebody-else-7`],
  [`${one} -- account of somebody-else-7`],
])('readKeys() takes no word of the comment in %j for a key', (value) => {
  const nothingElse = { keys: [one], warnings: [] };
  expect(read({ BYTEZ_API_KEY: value })).toEqual(nothingElse);
  expect(read({ BYTEZ_API_KEY_FILE: '/keys' }, { '/keys': value })).toEqual(nothingElse);
  expect(read({ TOKEN_POOL_FILE: '/pool' }, { '/pool': JSON.stringify({ bytez: [value] }) })).toEqual(nothingElse);
});

test.each([
  [`["${one}","${two}"]`],
  [`["${one}",\n "${two}"\n]\n`],
  [`'["${one}", "${two}"]'`],
  [`["${one}","${two}",]`],
  [`[${one},${two}]`],
  [`(${one} ${two})`],
  [`{${one}, ${two}}`],
  [`${one};${two}`],
  [`${one} ; ${two};`],
  [`${one}|${two}`],
  [`${one};# first\n${two} # second`],
])('readKeys() reads the two keys in %j', (value) => {
  const both = { keys: [one, two], warnings: [] };
  expect(read({ BYTEZ_API_KEYS: value })).toEqual(both);
  expect(read({ BYTEZ_API_KEY_FILE: '/keys' }, { '/keys': value })).toEqual(both);
});

test.each([
  [`${one} account of somebody@example.com since may-2024-x`, [one], 5],
  [`${one} (production main-account-7)`, [one], 2],
  [`production ${one}`, [one], 1],
  [`name,email,api_key,created_at\nmain,somebody@example.com,${one},2026-01-31`, [one], 1],
  [`account;API Key\naccount-1;${one}\naccount-2;${two}`, [one, two], 1],
  [`account-1,somebody@example.com,${one}`, [], 3],
  [`${one},somebody@example.com`, [one], 1],
  [`production;${one};2026-01-31T10:00:00Z`, [one], 2],
  [`{"bytez": ["${one}"]}`, [one], 1],
  [`[{"key": "${one}"}]`, [one], 1],
  [`BYTEZ_API_KEY=${one}`, [], 1],
  [`https://bytez.com/settings,${one}`, [one], 1],
  ['${BYTEZ_API_KEY}', [], 1],
  ['$BYTEZ_API_KEY', [], 1],
  ['{{ secrets.BYTEZ_API_KEY }}', [], 1],
  ['<your bytez key>', [], 1],
  ['your-api-key-here', [], 1],
  ['xxxxxxxxxxxxxxxx', [], 1],
  ['bz-key[0]-1234', [], 1],
])('readKeys() sends nothing of %j out that is no key, and names each by its position', (value, keys, refused) => {
  for (const reading of [read({ BYTEZ_API_KEYS: value }), read({ BYTEZ_API_KEY_FILE: '/keys' }, { '/keys': value })]) {
    expect(reading.keys).toEqual(keys);
    expect(reading.warnings).toHaveLength(refused);
    for (const warning of reading.warnings)
      expect(warning).toMatch(/positions? [\d, ]+(?:and \d+ more )?(?:is|are) not .* skipped$/);
  }
});

test('readKeys() lets no header in behind a line end (K5)', () => {
  const { keys, warnings } = read({ BYTEZ_API_KEY: 'abcdefgh\r\nX-Admin: 1' });
  expect(keys).toEqual(['abcdefgh']);
  expect(warnings).toHaveLength(2);
});

test('readKeys() drops repetitions across all forms and counts them by variable (K1)', () => {
  expect(
    read({
      BYTEZ_API_KEY: 'key-number-1',
      BYTEZ_API_KEY_1: '"key-number-1"',
      BYTEZ_API_KEYS: 'key-number-2,key-number-1,key-number-2,key-number-3',
      OPENAI_API_KEY: 'key-number-1',
    }),
  ).toEqual({
    keys: ['key-number-1', 'key-number-2', 'key-number-3', 'key-number-1'],
    warnings: [
      'BYTEZ_API_KEY_1 repeats a key read before, at position 1; each key counts once',
      'BYTEZ_API_KEYS repeats keys read before, at position 2, 3; each key counts once',
    ],
  });
});

test('readKeys() says why a file gave nothing, without its path', () => {
  const { keys, warnings } = readKeys(
    { BYTEZ_API_KEY_FILE: 'sk-a-key-where-a-path-belongs', TOKEN_POOL_FILE: '/nowhere' },
    { readFile: noFile },
  );
  expect(keys).toEqual([]);
  expect(warnings).toEqual([
    'TOKEN_POOL_FILE names a file that does not exist; its keys are skipped',
    'BYTEZ_API_KEY_FILE names a file that does not exist; its keys are skipped',
  ]);
});

test('readKeys() warns about a file that everyone may read (K8)', () => {
  const readFile = (): KeyFile => ({ kind: 'read', text: 'file-key-1', openToAll: true });
  const { keys, warnings } = readKeys({ BYTEZ_API_KEY_FILE: '"/keys file"' }, { readFile });
  expect(keys).toHaveLength(1);
  expect(warnings).toEqual([
    'BYTEZ_API_KEY_FILE names a file that everyone on this machine may read; take that right away (chmod 600)',
  ]);
});

test('readKeys() skips pool entries it does not understand, by position', () => {
  const pool = JSON.stringify({
    'org/model': ['bare-model-key'],
    'sk-a-key-as-a-name': ['x'],
    __proto__key: ['y'],
    bytez: 'single-key-1',
    openai: [1, 2],
    'openai:': ['no-model-key'],
    'openai:gpt-image-2': ['openai-key-1'],
  });
  const { keys, warnings } = readKeys(
    { TOKEN_POOL_FILE: '/pool' },
    { readFile: filesOf({ '/pool': `\ufeff${pool}` }) },
  );
  expect(keys.map(({ provider, onlyModel, secret }) => [provider, onlyModel, secret.reveal()])).toEqual([
    ['bytez', undefined, 'single-key-1'],
    ['openai', 'gpt-image-2', 'openai-key-1'],
  ]);
  expect(warnings).toEqual([
    'TOKEN_POOL_FILE entry 1 must be named after a provider or provider:model; it is skipped',
    'TOKEN_POOL_FILE entry 2 must be named after a provider or provider:model; it is skipped',
    'TOKEN_POOL_FILE entry 3 must be named after a provider or provider:model; it is skipped',
    'TOKEN_POOL_FILE entry 5 must be a list of keys in quotation marks, or of {"key", "ends": "2027-01-01"}; it is skipped',
    'TOKEN_POOL_FILE entry 6 must be named after a provider or provider:model; it is skipped',
  ]);
});

test.each(['', '[]', 'null', '"bytez"', '{"bytez": ["secret-key-1"', '{'.repeat(1000)])(
  'readKeys() survives the pool file %j without quoting it',
  (text) => {
    expect(read({ TOKEN_POOL_FILE: '/pool' }, { '/pool': text })).toEqual({
      keys: [],
      warnings: ['TOKEN_POOL_FILE must hold a JSON object of lists of keys; the file is skipped'],
    });
  },
);

test('readKeys() keeps a key for every model when the pool also binds it to one', () => {
  const pool = '{"bytez:org/one": ["shared-key"], "bytez": ["shared-key"]}';
  const { keys, warnings } = readKeys({ TOKEN_POOL_FILE: '/pool' }, { readFile: filesOf({ '/pool': pool }) });
  const where = 'TOKEN_POOL_FILE entry 2, position 1';
  expect(keys).toEqual([{ provider: 'bytez', place: 1, weight: 1, secret: expect.anything(), where }]);
  expect(warnings).toEqual(['TOKEN_POOL_FILE entry 1 repeats a key read before, at position 1; each key counts once']);
});

test.each([
  ['3,1,0.5', [3, 1, 0.5], []],
  ['', [1, 1, 1], []],
  ['2', [2, 1, 1], ['BYTEZ_WEIGHTS has 1 weights for 3 keys; keys without one weigh 1']],
  ['1,2,3,4', [1, 2, 3], ['BYTEZ_WEIGHTS has 4 weights for 3 keys; keys without one weigh 1']],
  [
    '1,-7,1e3',
    [1, 1, 1],
    [2, 3].map((at) => `BYTEZ_WEIGHTS position ${at} must be a number above 0 and below 10000; it counts as 1`),
  ],
  [
    '0,,2',
    [1, 1, 2],
    [1, 2].map((at) => `BYTEZ_WEIGHTS position ${at} must be a number above 0 and below 10000; it counts as 1`),
  ],
])('readKeys() gives the weights %j to three keys', (weights, expected, warnings) => {
  const reading = readKeys({ BYTEZ_API_KEYS: 'key-number-1 key-number-2 key-number-3', BYTEZ_WEIGHTS: weights });
  expect(reading.keys.map((key) => key.weight)).toEqual(expected);
  expect(reading.warnings).toEqual(warnings);
});

test('readKeys() gives nothing away when its answer is printed', () => {
  const reading = readKeys({ BYTEZ_API_KEY: 'canary-secret-key' });
  expect(`${inspect(reading, { depth: 10, showHidden: true })}${JSON.stringify(reading)}`).not.toContain(
    'canary-secret',
  );
});

const keyArbitrary = fc.stringMatching(/^[A-Za-z0-9$%#&=+/_.-]{12,40}$/).map((text) => `k7${text}`);
const wrapping = fc.constantFrom(
  (key: string) => key,
  (key: string) => `"${key}"`,
  (key: string) => `'${key}'`,
  (key: string) => `\ufeff${key}`,
  (key: string) => `  ${key}\r`,
  (key: string) => `“${key}”`,
  (key: string) => `${key.slice(0, 5)}\u200b${key.slice(5)},`,
);
const separator = fc.constantFrom(',', ';', ' | ', ' ', '\n', '\r\n', ', ', ',,', '\t');

test('readKeys() finds every key in its order however it was written, and no warning holds one', () => {
  const variable = fc.tuple(
    fc.constantFrom('_1', '_2', '_17', '2', '3', '40', 'S', '', '_FALLBACK_1', '_FALLBACK_9', '_FILE'),
    fc.array(fc.tuple(keyArbitrary, wrapping), { minLength: 1, maxLength: 5 }),
    separator,
  );
  const variables = fc.uniqueArray(variable, { selector: ([ending]) => ending, maxLength: 11 });
  const order = ['', '_1', '_2', '_17', '2', '3', '40', 'S', '_FALLBACK_1', '_FALLBACK_9', '_FILE'];
  fc.assert(
    fc.property(variables, (written) => {
      const files: Record<string, string> = {};
      const env: Record<string, string> = {};
      for (const [ending, keys, between] of written) {
        const isFile = ending === '_FILE';
        const value = keys.map(([key, wrap]) => wrap(key)).join(isFile ? '\n' : between);
        if (isFile) files['/file'] = value;
        env[`BYTEZ_API_KEY${ending}`] = isFile ? '/file' : value;
      }
      const sorted = [...written].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
      const expected = [...new Set(sorted.flatMap(([, keys]) => keys.map(([key]) => key)))];
      const { keys, warnings } = read(env, files);
      expect(keys).toEqual(expected);
      for (const key of keys) expect(warnings.join('\n')).not.toContain(key);
    }),
  );
});

test('readKeys() never throws on any text, gives only header values, and shows none of it in a warning', () => {
  const anything = fc.oneof(fc.string({ unit: anyCharacter, maxLength: 60 }), fc.string({ maxLength: 60 }));
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 6 }), anything, (texts, weights) => {
      const value = texts.join(',');
      const env = {
        BYTEZ_API_KEY: value,
        BYTEZ_API_KEY_FILE: '/file',
        TOKEN_POOL_FILE: '/pool',
        BYTEZ_WEIGHTS: weights,
      };
      const { keys, warnings } = read(env, {
        '/file': value,
        '/pool': JSON.stringify({ bytez: texts, [value]: texts }),
      });
      for (const key of keys) expect(key).toMatch(/^[\x21-\x7e]{8,512}$/);
      expect(new Set(keys).size).toBe(keys.length);
      const form =
        /^(?:BYTEZ_API_KEY(?:_FILE)?|BYTEZ_WEIGHTS|TOKEN_POOL_FILE(?: entry \d+)?) (?:positions? [\d, ]+(?:and \d+ more )?(?:is not|are not|must be) |repeats |must be |has \d+ weights)/;
      for (const warning of warnings) expect(warning).toMatch(form);
    }),
  );
});

test('readKeys() reads a thousand keys from a list, from numbered variables and from a file alike', () => {
  const keys = Array.from({ length: 1000 }, (_, index) => `key-${String(index).padStart(8, '0')}`);
  const numbered = Object.fromEntries(keys.map((key, index) => [`BYTEZ_API_KEY_${index * 3 + 1}`, key]));
  const ways = [
    read({ BYTEZ_API_KEYS: keys.join(',') }),
    read(numbered),
    read({ BYTEZ_API_KEY_FILE: '/keys' }, { '/keys': keys.join('\n') }),
    read({ TOKEN_POOL_FILE: '/pool' }, { '/pool': JSON.stringify({ bytez: keys }) }),
  ];
  for (const way of ways) expect(way).toEqual({ keys, warnings: [] });
  expect(read({ ...numbered, BYTEZ_API_KEYS: keys.join(',') }).warnings).toEqual([
    'BYTEZ_API_KEYS repeats keys read before, at position 1, 2, 3, 4, 5 and 995 more; each key counts once',
  ]);
});

test('readSmallFile() reads plain files up to 64 KB and explains everything else (K8)', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'keys-'));
  const at = (name: string) => join(folder.path, name);
  writeFileSync(at('private'), 'file-key-1\n', { mode: 0o600 });
  writeFileSync(at('public'), 'file-key-1\n');
  chmodSync(at('public'), 0o644);
  writeFileSync(at('full'), 'x'.repeat(64 * 1024), { mode: 0o600 });
  writeFileSync(at('huge'), 'x'.repeat(64 * 1024 + 1));
  mkdirSync(at('folder'));
  symlinkSync(at('loop'), at('loop'));
  expect(readSmallFile(at('private'))).toEqual({ kind: 'read', text: 'file-key-1\n', openToAll: false });
  expect(readSmallFile(at('public'))).toEqual({ kind: 'read', text: 'file-key-1\n', openToAll: true });
  expect(readSmallFile(at('full')).kind).toBe('read');
  expect(readSmallFile(at('huge'))).toEqual({ kind: 'unreadable', why: 'is larger than 64 KB' });
  expect(readSmallFile(at('folder'))).toEqual({ kind: 'unreadable', why: 'is not a plain file' });
  expect(readSmallFile('/dev/zero')).toEqual({ kind: 'unreadable', why: 'is not a plain file' });
  expect(readSmallFile(at('loop'))).toEqual({ kind: 'unreadable', why: 'is a loop of links' });
  expect(readSmallFile(at('missing'))).toEqual({ kind: 'unreadable', why: 'does not exist' });
  expect(readSmallFile('bad\0path')).toEqual({ kind: 'unreadable', why: 'cannot be read' });
});

test('readKeys() takes the day of an end from the pool file, with or without a time, and skips an entry whose day is none', () => {
  const pool = JSON.stringify({
    bytez: [
      { key: 'pool-key-1', ends: '2027-01-01' },
      'pool-key-2',
      { key: 'pool-key-3', ends: '2027-02-03T10:00:00Z' },
    ],
    openai: { key: 'pool-key-4', ends: '2027-13-45' },
    mistral: { key: 'pool-key-5' },
  });
  const { keys, warnings } = readKeys({ TOKEN_POOL_FILE: '/pool' }, { readFile: filesOf({ '/pool': pool }) });
  expect(keys.map(({ secret, endsOn }) => [secret.reveal(), endsOn])).toEqual([
    ['pool-key-1', '2027-01-01'],
    ['pool-key-2', undefined],
    ['pool-key-3', '2027-02-03'],
    ['pool-key-5', undefined],
  ]);
  expect(warnings).toEqual([
    'TOKEN_POOL_FILE entry 2 must be a list of keys in quotation marks, or of {"key", "ends": "2027-01-01"}; it is skipped',
  ]);
});
