import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { readEnvironment } from '../../src/config/env.ts';
import { valueWarnings } from '../../src/config/value-warnings.ts';
import { keyFilePaths, readKeys } from '../../src/keys/sources/read-keys.ts';

const adminToken = 'an-admin-token-of-forty-characters-012345';
const values = {
  TELEGRAM_API_ROOT: 'http://127.0.0.1:8081',
  ADMIN_IDS: '5,6',
  ROTATION_STRATEGY: 'weighted',
  DATA_DIR: '/srv/the data',
  HTTP_HOST: '0.0.0.0',
  HTTP_PORT: '3003',
  ADMIN_TOKEN: adminToken,
  KEYS_TEST_ON_START: 'off',
  DRAIN_S: '0.5',
  IMAGE_CHAIN: 'bytez:one',
  BYTEZ_BASE_URL: 'http://127.0.0.1:9/models/v2',
  BYTEZ_SEATS_PER_KEY: '2',
  BYTEZ_KEY_GROUPS: '1,2',
} as const;

test.each([
  ['"', '"'],
  ["'", "'"],
  ['“', '”'],
  ['«', '»'],
  [' "', '" '],
])('parseConfig() reads every setting as if it were not enclosed in %s %s, and each is named once', (open, close) => {
  const env = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, `${open}${value}${close}`]));
  const config = parseConfig(env);
  expect(config).toEqual(parseConfig(values));
  expect(config.http.adminToken?.reveal()).toBe(adminToken);
  const { warnings } = readEnvironment({ cwd: '/folder', processEnv: env, readFile: () => '' });
  expect([...warnings].sort()).toEqual(
    Object.keys(values)
      .sort()
      .map((name) => `${name} is enclosed in quotation marks, which are dropped; write it without them`),
  );
});

test('an empty pair of quotation marks is no value', () => {
  expect(parseConfig({ DATA_DIR: '""', HTTP_PORT: "''" })).toEqual(parseConfig({}));
});

test('readKeys() reads weights and paths of key files as if they were not in quotation marks', () => {
  const env = { BYTEZ_API_KEYS: '"key-number-1,key-number-2"', BYTEZ_WEIGHTS: '"3,1"', OPENAI_API_KEY_FILE: "'/keys'" };
  expect(readKeys({ ...env, OPENAI_API_KEY_FILE: '' }).keys.map(({ weight }) => weight)).toEqual([3, 1]);
  expect(keyFilePaths(env)).toEqual(['/keys']);
});

const comment = 'holds a # that is taken as part of the value; if a comment was meant, put it on its own line';
const tilde = 'begins with ~, which only a shell expands: a folder with that name is used; write the whole path';
const expansion = 'names another variable, which nothing expands here; write the value itself';
const lone = 'begins or ends with a single quotation mark, which is taken as part of the value; remove it';

test.each([
  ['DATA_DIR', '/data # our disk', comment],
  ['DATA_DIR', '"/data # our disk"', comment],
  ['HTTP_PORT', '3002 # the port', comment],
  ['BYTEZ_BASE_URL', 'https://host.example/v2 # theirs', comment],
  ['DATA_DIR', '~/darkroom', tilde],
  ['DATA_DIR', '~', tilde],
  ['BYTEZ_API_KEY_FILE', '~/keys', tilde],
  ['TOKEN_POOL_FILE', '~/pool.json', tilde],
  ['DATA_DIR', '$HOME/darkroom', expansion],
  ['DATA_DIR', '${HOME}/darkroom', expansion],
  ['DATA_DIR', '%APPDATA%\\darkroom', expansion],
  ['ADMIN_TOKEN', '${SECRET}', expansion],
  ['TELEGRAM_API_ROOT', '${ROOT}', expansion],
  ['ADMIN_TOKEN', '"abcdefgh', lone],
  ['DATA_DIR', '/data"', lone],
])('%s=%s is named as changed on its way', (name, value, says) => {
  expect(valueWarnings({ [name]: value }).filter((text) => !text.includes('which are dropped'))).toEqual([
    `${name} ${says}`,
  ]);
});

test('nothing is said about values that only look special', () => {
  expect(
    valueWarnings({ DATA_DIR: '/data/#1~/x', ADMIN_TOKEN: 'a$b#c%d-e', HOME: '~', BYTEZ_API_KEY: '"key-number-1"' }),
  ).toEqual([]);
});

test.each([
  [{ STARS_PACKS: '20:50' }, ['STARS_PACKS']],
  [{ STARS_SUBSCRIPTION: '250', ADMIN_IDS: ' ' }, ['STARS_SUBSCRIPTION']],
  [{ STARS_PACKS: '20:50', STARS_SUBSCRIPTION: '250', ADMIN_IDS: '5' }, []],
  [{ STARS_PACKS: '', TERMS_URL: 'https://example.com/terms' }, []],
])('readEnvironment() warns where something is sold and nobody can help with a payment: %o', (processEnv, names) => {
  const { warnings } = readEnvironment({ cwd: '/folder', processEnv, readFile: () => '' });
  expect(warnings).toEqual(
    names.map((name) => expect.stringMatching(`^${name} is set and ADMIN_IDS is not: .*/refund`)),
  );
});

test.each([
  [{ ACCESS: 'request' }, 1],
  [{ ACCESS: '"request"', ADMIN_IDS: ' ' }, 1],
  [{ ACCESS: 'request', ADMIN_IDS: '5' }, 0],
  [{ ACCESS: 'list' }, 0],
])('readEnvironment() warns where people ask to be let in and nobody can answer: %o', (processEnv, count) => {
  const { warnings } = readEnvironment({ cwd: '/folder', processEnv, readFile: () => '' });
  expect(warnings.filter((text) => /^ACCESS is request .* ADMIN_IDS$/.test(text))).toHaveLength(count);
});
