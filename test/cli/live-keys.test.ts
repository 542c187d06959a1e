import { expect, test } from 'vitest';
import { missingKeyWarnings, LiveKeys, settingsForNextStart } from '../../src/cli/live-keys.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { KeySource } from '../../src/keys/sources/key-source.ts';
import { fakeClock } from '../support/fake-clock.ts';

type Env = Readonly<Record<string, string>>;

/** The keys of an environment and of one file that the test writes. */
function liveKeys(first: Env, fileText = '') {
  const clock = fakeClock();
  const events: AppEvent[] = [];
  const steps: string[] = [];
  const now = { env: first, file: fileText, hasFile: true };
  const source = new KeySource({
    readFile: () => ({ kind: 'read', text: now.file, openToAll: false }),
    markOf: () => now.file,
  });
  const reading = { env: first, warnings: [], hasFile: true };
  const { keys, warnings } = source.read(first);
  const { providers } = parseConfig(first);
  const live = new LiveKeys({
    reading,
    source,
    providers,
    app: {
      reloadKeys: async (next, settings = providers) => {
        const seats = settings['bytez']?.seatsPerKey;
        steps.push(`uses ${next.map(({ secret }) => secret.reveal()).join(' ')}, ${seats} at once`);
      },
      reloadFiles: () => [],
    },
    clock,
    emit: (event) => events.push(event),
    warned: [...warnings, ...missingKeyWarnings(keys, providers, now.env)],
    onKeys: (next) => steps.push(`hides ${next.map(({ secret }) => secret.reveal()).join(' ')}`),
    readEnvironment: () => ({ env: now.env, warnings: [], hasFile: now.hasFile }),
  });
  const texts = () => events.map((event) => (event.event === 'config.warning' ? event.text : event.event));
  return { clock, now, steps, texts, live, [Symbol.asyncDispose]: () => live[Symbol.asyncDispose]() };
}

test('LiveKeys reads a changed file within a few seconds, and redacts its keys before they are used', async () => {
  await using app = liveKeys({ BYTEZ_API_KEY_FILE: '/keys' }, 'key-number-1');
  await app.clock.advance(10_000);
  expect(app.steps).toEqual([]);
  app.now.file = 'key-number-1\nkey-number-2';
  await app.clock.advance(4_000);
  expect(app.steps).toEqual(['hides key-number-1 key-number-2', 'uses key-number-1 key-number-2, 1 at once']);
  await app.clock.advance(60_000);
  expect(app.steps).toHaveLength(2);
  expect(app.texts()).toEqual([]);
});

test('LiveKeys warns once of a file that has become empty, and again only after it was fixed', async () => {
  await using app = liveKeys({ BYTEZ_API_KEY_FILE: '/keys' }, 'key-number-1');
  const warning = 'BYTEZ_API_KEY_FILE names a file that is empty now; the keys that it gave before stay';
  for (const [text, warnings] of [
    ['', 1],
    [' ', 1],
    ['key-number-2', 1],
    ['', 2],
  ] as const) {
    app.now.file = text;
    await app.clock.advance(6_000);
    expect(app.texts()).toEqual(Array.from({ length: warnings }, () => warning));
  }
  expect(app.steps.at(-1)).toBe('uses key-number-2, 1 at once');
});

test('LiveKeys.readEnvironment() applies keys and seats at once and names the settings that apply at the next start', async () => {
  await using app = liveKeys({ BYTEZ_API_KEY: 'key-number-1', MAX_ATTEMPTS: '2' });
  app.now.env = { BYTEZ_API_KEYS: 'key-number-1 key-number-2', BYTEZ_SEATS_PER_KEY: '3', HTTP_PORT: '0' };
  await app.live.readEnvironment();
  await app.clock.advance(0);
  expect(app.steps.at(-1)).toBe('uses key-number-1 key-number-2, 3 at once');
  expect(app.texts()).toEqual([
    'MAX_ATTEMPTS was changed; it takes effect at the next start',
    'HTTP_PORT was changed; it takes effect at the next start',
    'config.reloaded',
  ]);
});

test('LiveKeys.readEnvironment() leaves everything as it was when the environment has a mistake', async () => {
  await using app = liveKeys({ BYTEZ_API_KEY: 'key-number-1' });
  app.now.env = { BYTEZ_API_KEY: 'key-number-2', BYTEZ_SEATS_PER_KEY: 'many' };
  await app.live.readEnvironment();
  await app.clock.advance(0);
  expect(app.steps).toEqual([]);
  expect(app.texts()).toEqual([
    'The settings stay as they were, because BYTEZ_SEATS_PER_KEY must be a whole number from 1 to 1000, for example 1',
  ]);
});

test('LiveKeys.readEnvironment() keeps the keys when .env has vanished', async () => {
  await using app = liveKeys({ BYTEZ_API_KEY: 'key-number-1' });
  app.now.env = {};
  app.now.hasFile = false;
  await app.live.readEnvironment();
  await app.clock.advance(0);
  expect(app.steps).toEqual([]);
  expect(app.texts()).toEqual(['The settings stay as they were, because .env is missing or empty']);
});

test('LiveKeys warns of accounts that name keys which are gone', async () => {
  await using app = liveKeys({ BYTEZ_API_KEY_FILE: '/keys', BYTEZ_KEY_GROUPS: '1,2' }, 'key-number-1\nkey-number-2');
  app.now.file = 'key-number-1';
  await app.clock.advance(6_000);
  expect(app.texts()).toEqual(['BYTEZ_KEY_GROUPS has numbers beyond the keys (there is one key); they are skipped']);
});

test('settingsForNextStart() ignores keys, their files, weights, seats, accounts, and foreign variables', () => {
  const before = { LOG_LEVEL: 'info', DATA_DIR: './data', PATH: '/bin' };
  const after = {
    LOG_LEVEL: 'debug',
    PATH: '/usr/bin',
    MAX_ATTEMPTS: '',
    BYTEZ_API_KEY_7: 'key-number-7',
    BYTEZ_API_KEY_FILE: '/keys',
    TOKEN_POOL_FILE: '/pool',
    OPENAI_WEIGHTS: '1,2',
    BYTEZ_KEY_GROUPS: '1,2',
    BYTEZ_SEATS_PER_KEY: '2',
    BYTEZ_SEATS_MAX: '4',
    BYTEZ_BASE_URL: 'https://example.org',
    FAL_QUEUE_BASE_URL: 'https://example.org',
    FAL_KEY_ID: 'an-id-of-a-key',
  };
  expect(settingsForNextStart(before, after)).toEqual([
    'DATA_DIR',
    'LOG_LEVEL',
    'BYTEZ_BASE_URL',
    'FAL_QUEUE_BASE_URL',
  ]);
  expect(settingsForNextStart(after, after)).toEqual([]);
});
