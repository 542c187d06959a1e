import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { knownNames, unknownNames } from '../../src/config/unknown-names.ts';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { chainsFor } from '../../src/config/provider-settings.ts';
import { candidateName, type Chains } from '../../src/domain/job.ts';
import { perKind } from '../../src/domain/kinds.ts';
import { runs } from '../support/property-runs.ts';

type Env = Readonly<Record<string, string | undefined>>;

const token = `123456789:${'Ab_-3'.repeat(7)}`;

function mistakesOf(env: Env): readonly string[] {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

/** Everything that printing the error shows. */
function printedMistake(env: Env): string {
  try {
    parseConfig(env);
    return '';
  } catch (error) {
    return `${inspect(error, { depth: 10, showHidden: true })}${JSON.stringify(error)}`;
  }
}

test('parseConfig() reads what is set and treats an empty value as unset', () => {
  const config = parseConfig({
    TELEGRAM_BOT_TOKEN: token,
    TELEGRAM_API_ROOT: 'http://127.0.0.1:8081/',
    ADMIN_IDS: ' 123 , 4503599627370495,,123,',
    BYTEZ_BASE_URL: 'http://127.0.0.1:9/models/v2//',
    BYTEZ_SEATS_PER_KEY: '2',
    BYTEZ_SEATS_MAX: '5',
    BYTEZ_KEY_GROUPS: '1, 2;;3,4,5 ;6,',
    KEYS_TEST_ON_START: 'No',
    HEALTH_CHECK_INTERVAL_S: '0.5',
    CLAUDE_BASE_URL: 'https://claude.example',
    RETRY_DELAY_S: '0.05',
    IMAGE_TIMEOUT_S: '0.07',
    VIDEO_TIMEOUT_S: '',
    IMAGE_CHAIN: 'bytez:one , bytez:org/two',
    MEDIA_ALLOW_PRIVATE_HOSTS: 'LocalHost:09000,[::1]:80',
    HTTP_PORT: '0',
    FREE_IMAGES_PER_DAY: '-1',
    PREMIUM_VIDEOS_PER_DAY: '0',
    DEFAULT_LOCALE: 'pt-BR',
  });
  expect(config.telegram.token?.reveal()).toBe(token);
  expect(config.telegram.apiRoot).toBe('http://127.0.0.1:8081');
  expect(config.adminIds).toEqual(new Set([123, 4_503_599_627_370_495]));
  expect(config.providers['bytez']).toEqual({
    baseUrl: 'http://127.0.0.1:9/models/v2',
    seatsPerKey: 2,
    maxSeats: 5,
    keyGroups: [[1, 2], [3, 4, 5], [6]],
  });
  expect(config.keysTestOnStart).toBe(false);
  expect(config.healthCheckIntervalMs).toBe(500);
  expect(config.providers['anthropic']?.baseUrl).toBe('https://claude.example');
  expect(config.retry.delayMs).toBe(50);
  expect(config.timeoutMs).toMatchObject({ image: 70, video: 180_000 });
  expect(config.chains.image).toEqual([
    { provider: 'bytez', model: 'one' },
    { provider: 'bytez', model: 'org/two' },
  ]);
  expect(config.mediaAllowPrivateHosts).toEqual(['localhost:9000', '[::1]:80']);
  expect(config.http.port).toBe(0);
  expect(config.perDay.free.image).toBe(-1);
  expect(config.perDay.premium.video).toBe(0);
  expect(config.defaultLocale).toBe('pt-BR');
});

test.each([
  ['STABLE_HORDE_API_KEY', 'HORDE_API_KEY'],
  ['AIHORDE_API_KEY', 'AI_HORDE_API_KEY'],
  ['OPENAI_KEY', 'OPENAI_API_KEY'],
  ['OPENAI_API_BASE', 'OPENAI_BASE_URL'],
])('unknownNames() knows the name %s, which other programs use', (written, meant) => {
  expect(unknownNames({ [written]: 'x' })).toEqual([
    `${written} is not a name that is read here; did you mean ${meant}?`,
  ]);
});

test('parseConfig() takes names of models as their provider writes them', () => {
  const written = "horde:AlbedoBase XL (SDXL), horde:ICBINP - I Can't Believe It's Not Photography,openai:gpt-image-2";
  const chat = 'openai:llama3.2:3b,openai:ft:gpt-6-luna:our-org::AbC1,openai:hf.co/org/name-GGUF:Q4_K_M';
  expect(parseConfig({ CHAT_CHAIN: chat }).chains.chat.map(candidateName).join(',')).toBe(chat);
  expect(parseConfig({ IMAGE_CHAIN: written }).chains.image).toEqual([
    { provider: 'horde', model: 'AlbedoBase XL (SDXL)' },
    { provider: 'horde', model: "ICBINP - I Can't Believe It's Not Photography" },
    { provider: 'openai', model: 'gpt-image-2' },
  ]);
});

test('chainsFor() makes a built-in chain of the providers with keys and leaves a chain alone that was set', () => {
  const providersOf = (chains: Chains) =>
    perKind((kind) => [...new Set(chains[kind].map(({ provider }) => provider))].join(','));
  const builtIn = { ...perKind(() => 'bytez'), edit: '' };
  const unset = parseConfig({}).chains;
  expect(providersOf(chainsFor(unset, []))).toEqual(builtIn);
  expect(chainsFor(unset, ['bytez'])).toEqual(unset);
  expect(providersOf(chainsFor(unset, ['openai', 'horde', 'bytez', 'kling']))).toEqual({
    ...builtIn,
    image: 'bytez,horde,openai',
    edit: 'openai',
    speech: 'bytez,openai',
    chat: 'bytez,openai',
  });
  expect(providersOf(chainsFor(unset, ['horde']))).toEqual({ ...builtIn, image: 'horde' });
  const written = unset.image.map(({ provider, model }) => `${provider}:${model}`).join(',');
  const set = parseConfig({ IMAGE_CHAIN: written }).chains;
  expect(chainsFor(set, ['horde', 'bytez'])).toEqual(unset);
});

const extra = {
  EXTRA_PROVIDERS: 'home, office-2',
  HOME_BASE_URL: 'http://10.0.0.5:8080/v1/',
  HOME_SEATS_PER_KEY: '2',
  OFFICE_2_BASE_URL: 'https://pictures.office.example',
  OFFICE_2_API_KEYS: 'office-key-1,office-key-2',
  OFFICE_2_API_KEY_FALLBACK_1: 'office-key-3',
  OFFICE_2_WEIGHTS: '1,2,3',
  IMAGE_CHAIN: 'office-2:sdxl-turbo.safetensors,home:flux,openai:gpt-image-2',
  CHAT_CHAIN: 'home:qwen3:8b',
};

test('EXTRA_PROVIDERS makes servers of one’s own providers like all others', () => {
  const { providers, chains, definitions } = parseConfig(extra);
  expect(providers['home']).toEqual({
    baseUrl: 'http://10.0.0.5:8080/v1',
    seatsPerKey: 2,
    seatsWithoutKey: 2,
    maxSeats: undefined,
    keyGroups: [],
  });
  expect(providers['office-2']).toMatchObject({ baseUrl: 'https://pictures.office.example', seatsPerKey: 4 });
  expect(chains.image.map(({ provider, model }) => `${provider}:${model}`).join(',')).toBe(extra.IMAGE_CHAIN);
  expect(chains.chat).toEqual([{ provider: 'home', model: 'qwen3:8b' }]);
  expect(definitions.slice(-2).map(({ name }) => name)).toEqual(['home', 'office-2']);
  expect(unknownNames(extra)).toEqual([]);
  const keys = readKeys(extra).keys.map(({ provider, place, secret, weight, keyless = false }) => {
    return [provider, place, keyless ? 'no key' : secret.reveal(), weight];
  });
  expect(keys).toEqual([
    ['home', 1, 'no key', 1],
    ['office-2', 1, 'office-key-1', 1],
    ['office-2', 2, 'office-key-2', 2],
    ['office-2', 3, 'office-key-3', 3],
  ]);
});

test.each([
  [{ EXTRA_PROVIDERS: 'home' }, 'HOME_BASE_URL must be the address of "home", which EXTRA_PROVIDERS names'],
  [{ EXTRA_PROVIDERS: 'home', HOME_BASE_URL: 'here' }, 'HOME_BASE_URL must be an http or https address'],
  [{ EXTRA_PROVIDERS: 'Home' }, 'EXTRA_PROVIDERS position 1 must be a name of small letters, digits and hyphens'],
  [{ EXTRA_PROVIDERS: `a${'b'.repeat(31)}` }, 'EXTRA_PROVIDERS position 1 must be a name'],
  [{ EXTRA_PROVIDERS: 'ok,openai', OK_BASE_URL: 'http://a' }, 'EXTRA_PROVIDERS position 2 is the name of another'],
  [{ EXTRA_PROVIDERS: 'ai-horde' }, 'EXTRA_PROVIDERS position 1 is the name of another provider'],
  [{ EXTRA_PROVIDERS: 'home,home', HOME_BASE_URL: 'http://a' }, 'EXTRA_PROVIDERS position 2 names the same provider'],
  [{ IMAGE_CHAIN: 'home:flux' }, 'IMAGE_CHAIN position 1 must begin with a provider'],
] as const)('parseConfig() says what is wrong with the servers of one’s own in %j', (env, mistake) => {
  expect(mistakesOf(env)).toEqual([expect.stringContaining(mistake) as string]);
});

test('parseConfig() lists every mistake at once, by name, with its fix', () => {
  expect(
    mistakesOf({
      IMAGE_TIMEOUT_S: '0',
      MAX_ATTEMPTS: '4.5',
      ADMIN_IDS: '123, 0x7B',
      ROTATION_STRATEGY: 'random',
      OPENAI_BASE_URL: 'openai',
      HTTP_HOST: '0.0.0.0',
      DATABASE_URL: 'mysql://root:hidden@localhost/x',
    }),
  ).toEqual([
    'ADMIN_IDS position 2 must be a Telegram user id in digits, for example 123456789',
    'ROTATION_STRATEGY must be one of health-based, round-robin, least-used, weighted, primary-first',
    'MAX_ATTEMPTS must be a whole number from 1 to 20, for example 3',
    'IMAGE_TIMEOUT_S must be a number of seconds above 0, for example 90',
    'DATABASE_URL must be the address of a PostgreSQL database, for example postgres://user:password@db.example.com:5432/darkroom',
    'OPENAI_BASE_URL must be an http or https address without user, query or fragment, for example https://api.openai.com/v1',
    'ADMIN_TOKEN must have at least 32 characters, because HTTP_HOST is not a loopback address; set a longer one, or remove HTTP_HOST',
  ]);
});

test('ConfigError lists all mistakes in its message', () => {
  expect(() => parseConfig({ HTTP_PORT: 'x', LOG_LEVEL: 'loud' })).toThrow(
    'Cannot start with this environment:\n- HTTP_PORT must be a whole number from 0 to 65535, for example 3002\n- LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent',
  );
});

test.each(['0', '-1', '1e9', 'abc', '4.5', ' 4 ', '0x4', '４', '+4', '4\r', '1_0', 'Infinity', 'NaN', '21'])(
  'parseConfig() refuses the number %j (K19)',
  (value) => {
    expect(mistakesOf({ MAX_ATTEMPTS: value })).toHaveLength(1);
  },
);

test.each(['0', '-1', '1e3', '1,5', '.5', '5.', ' 5', '0x10', '９', 'five', '99999999'])(
  'parseConfig() refuses the seconds %j',
  (value) => {
    expect(mistakesOf({ IMAGE_TIMEOUT_S: value })).toHaveLength(1);
  },
);

test.each([
  ` ${token}`,
  `${token} `,
  `"${token}"`,
  'canary',
  '123456:short',
  '123456789: canary-of-thirty-letters-and-more',
  `bot${token}`,
  `12345:${'a'.repeat(35)}`,
  `${token}é`,
])('parseConfig() refuses a bot token of another shape without showing it (K7)', (value) => {
  const mistakes = mistakesOf({ TELEGRAM_BOT_TOKEN: value });
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(/^TELEGRAM_BOT_TOKEN must be the token/);
  expect(mistakes[0]).not.toContain(value.trim());
});

test.each([
  ['kling:v3', 'names kling, which cannot make this yet in this version; use bytez, a1111'],
  ['midjourney:six', 'must begin with a provider'],
  ['bytez', 'must be provider:model'],
  ['bytez:', 'must be provider:model'],
  ['bytez:../x', 'must be provider:model'],
  ['bytez:a b', 'must be provider:model'],
  ['horde: a', 'must be provider:model'],
  ['horde:a/../b', 'must be provider:model'],
  ['toString:x', 'must begin with a provider'],
  [' , ', 'must name at least one'],
  ['bytez:a,bytez:a', 'names the same provider:model twice'],
])('parseConfig() says what is wrong with the chain %j', (value, words) => {
  const mistakes = mistakesOf({ IMAGE_CHAIN: value });
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toContain(words);
});

test.each(['127.0.0.1', '127.9.8.7', '::1', '[::1]', '0:0:0:0:0:0:0:1', 'localhost', 'LOCALHOST'])(
  'parseConfig() lets a short admin token stand on the loopback host %s',
  (host) => {
    expect(parseConfig({ HTTP_HOST: host, ADMIN_TOKEN: 'short' }).http.adminToken?.reveal()).toBe('short');
  },
);

test.each(['0.0.0.0', '::', '192.168.1.4', 'example.org', '127.0.0.1.example.org', 'localhost.example.org'])(
  'parseConfig() wants a long admin token on the host %s (H4)',
  (host) => {
    expect(mistakesOf({ HTTP_HOST: host })).toHaveLength(1);
    expect(mistakesOf({ HTTP_HOST: host, ADMIN_TOKEN: 'x'.repeat(31) })).toHaveLength(1);
    expect(mistakesOf({ HTTP_HOST: host, ADMIN_TOKEN: 'x'.repeat(32) })).toEqual([]);
  },
);

test.each([
  'ftp://x',
  'https://user:pw@x',
  'https://x/?a=1',
  'https://x/#a',
  'https://',
  'x',
  ' https://x',
  'https://a b',
])('parseConfig() refuses the address %j', (value) => {
  expect(mistakesOf({ TELEGRAM_API_ROOT: value })).toHaveLength(1);
});

test.each(['localhost', 'localhost:0', 'localhost:70000', 'http://localhost:80', '::1:80', 'a b:80', ':80'])(
  'parseConfig() refuses the private host %j',
  (value) => {
    expect(mistakesOf({ MEDIA_ALLOW_PRIVATE_HOSTS: value })).toHaveLength(1);
  },
);

test.each([
  ['on', true],
  ['ON', true],
  ['true', true],
  ['1', true],
  ['yes', true],
  ['', true],
  ['off', false],
  ['False', false],
  ['0', false],
  ['no', false],
])('parseConfig() reads KEYS_TEST_ON_START=%s as %s', (value, expected) => {
  expect(parseConfig({ KEYS_TEST_ON_START: value }).keysTestOnStart).toBe(expected);
});

test.each([
  [{ KEYS_TEST_ON_START: 'perhaps' }, 'KEYS_TEST_ON_START must be on or off'],
  [
    { HEALTH_CHECK_INTERVAL_S: '-1' },
    'HEALTH_CHECK_INTERVAL_S must be a number of seconds, 0 or more, for example 300',
  ],
  [{ BYTEZ_SEATS_MAX: '0' }, 'BYTEZ_SEATS_MAX must be a whole number from 1 to 1000, for example 1'],
  [
    { BYTEZ_SEATS_PER_KEY: '3', BYTEZ_SEATS_MAX: '2' },
    'BYTEZ_SEATS_MAX must not be below BYTEZ_SEATS_PER_KEY (1 unless set); raise it or lower the other',
  ],
  [
    { OPENAI_SEATS_MAX: '2' },
    'OPENAI_SEATS_MAX must not be below OPENAI_SEATS_PER_KEY (4 unless set); raise it or lower the other',
  ],
  [
    { BYTEZ_KEY_GROUPS: '1,2;3,x' },
    'BYTEZ_KEY_GROUPS group 2 position 2 must be the number of a key, for example 1,2;3,4,5',
  ],
  [
    { BYTEZ_KEY_GROUPS: '1,0' },
    'BYTEZ_KEY_GROUPS group 1 position 2 must be the number of a key, for example 1,2;3,4,5',
  ],
  [
    { BYTEZ_KEY_GROUPS: '1,2;3,1' },
    'BYTEZ_KEY_GROUPS group 2 position 2 is a key that was named before; a key belongs to one account',
  ],
  [
    { CLAUDE_KEY_GROUPS: '1,1' },
    'CLAUDE_KEY_GROUPS group 1 position 2 is a key that was named before; a key belongs to one account',
  ],
])('parseConfig() says what is wrong with %j', (env, mistake) => {
  expect(mistakesOf(env)).toEqual([mistake]);
});

test('parseConfig() refuses two names for one thing', () => {
  expect(mistakesOf({ CLAUDE_BASE_URL: 'https://a.example', ANTHROPIC_BASE_URL: 'https://b.example' })).toEqual([
    'CLAUDE_BASE_URL and ANTHROPIC_BASE_URL mean the same; set only one of them',
  ]);
});

test('parseConfig() never shows a value, whatever is set', () => {
  // Digits do not occur in the canary, so that an example number in a hint is not taken for it.
  const canary = fc.stringMatching(/^[\u0400-\u042f"' $%&#~^]{6,40}$/).filter((text) => text.trim().length >= 6);
  fc.assert(
    fc.property(fc.subarray([...knownNames({})], { minLength: 1 }), canary, (names, value) => {
      const env = Object.fromEntries(names.map((name) => [name, value]));
      expect(printedMistake(env)).not.toContain(value.trim());
    }),
    { numRuns: runs(100) },
  );
});

test.each([
  ['BOT_TOKNE', 'TELEGRAM_BOT_TOKEN'],
  ['TELEGRAM_TOKEN', 'TELEGRAM_BOT_TOKEN'],
  ['TELEGRAM_BOT_TOKNE', 'TELEGRAM_BOT_TOKEN'],
  ['TELEGRAM_APIROOT', 'TELEGRAM_API_ROOT'],
  ['telegram_bot_token', 'TELEGRAM_BOT_TOKEN'],
  ['BYTEZ_API_KYE', 'BYTEZ_API_KEY'],
  ['BYTEZ_API_KYE_12', 'BYTEZ_API_KEY_12'],
  ['BYTES_API_KEY', 'BYTEZ_API_KEY'],
  ['BYTEZ_API_KEY_SECOND', 'BYTEZ_API_KEY'],
  ['OPENAI_API_KEY_MAIN', 'OPENAI_API_KEY'],
  ['STABILTY_API_KEY_1', 'STABILITY_API_KEY_1'],
  ['CF_ACCOUNT_ID', 'CLOUDFLARE_ACCOUNT_ID'],
  ['HUGGING_FACE_HUB_TOKEN', 'HF_TOKEN'],
  ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY'],
  ['ADMIN_ID', 'ADMIN_IDS'],
  ['IMAGE_TIMEOUT', 'IMAGE_TIMEOUT_S'],
  ['FREE_IMAGE_PER_DAY', 'FREE_IMAGES_PER_DAY'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['KEY_TEST_ON_START', 'KEYS_TEST_ON_START'],
  ['HEALTH_CHECK_INTERVAL', 'HEALTH_CHECK_INTERVAL_S'],
  ['BYTEZ_KEYS_GROUPS', 'BYTEZ_KEY_GROUPS'],
  ['BYTEZ_MAX_SEATS', 'BYTEZ_SEATS_MAX'],
])('unknownNames() asks whether %s was meant to be %s (K20)', (name, meant) => {
  expect(unknownNames({ [name]: 'a-value' })).toEqual([
    `${name} is not a name that is read here; did you mean ${meant}?`,
  ]);
});

test('unknownNames() ignores known names and those of other programs', () => {
  const ours = [
    ...knownNames({}),
    'BYTEZ_API_KEY',
    'BYTEZ_API_KEY_7',
    'BYTEZ_API_KEY3',
    'STABILITY_KEY',
    'REPLICATE_API_TOKEN_2',
    'CLAUDE_API_KEYS',
  ];
  const others = [
    'PATH',
    'HOME',
    'PWD',
    'LANG',
    'LC_ALL',
    'SHELL',
    'TERM',
    'USER',
    'NODE_ENV',
    'NODE_OPTIONS',
    'PORT',
    'HOST',
  ];
  const more = [
    'HTTP_PROXY',
    'https_proxy',
    'no_proxy',
    'npm_config_cache',
    'npm_package_name',
    'OPENAI_ORG_ID',
    'TZ',
    'CI',
  ];
  const keys = ['AWS_ACCESS_KEY_ID', 'GITHUB_TOKEN', 'XDG_DATA_DIRS', 'GROQ_API_KEY', 'ANTHROPIC_MODEL', '_'];
  const env = Object.fromEntries([...ours, ...others, ...more, ...keys].map((name) => [name, 'x']));
  expect(unknownNames(env)).toEqual([]);
});

test('parseConfig() reads proxies, by their small names first, and shows no password of a mistaken one', () => {
  const hosts = (env: Env) => {
    const { https, http, except } = parseConfig(env).proxies;
    return [https?.hostname, http?.hostname, except.map(({ host }) => host)];
  };
  expect([
    hosts({}),
    hosts({ HTTPS_PROXY: 'http://ann:secret@one.example:3128' }),
    hosts({ HTTP_PROXY: 'one.example:3128' }),
    hosts({ ALL_PROXY: 'http://one.example', HTTPS_PROXY: 'http://two.example', NO_PROXY: 'localhost, .lan' }),
    hosts({ HTTPS_PROXY: 'one.example', HTTP_PROXY: 'two.example', ALL_PROXY: 'socks4://three.example' }),
    hosts({ https_proxy: 'http://one.example', HTTPS_PROXY: 'http://two.example', no_proxy: '', NO_PROXY: 'lan' }),
  ]).toEqual([
    [undefined, undefined, []],
    ['one.example', undefined, []],
    ['one.example', 'one.example', []],
    ['two.example', 'one.example', ['localhost', 'lan']],
    ['one.example', 'two.example', []],
    ['one.example', undefined, ['lan']],
  ]);
  const env = { HTTPS_PROXY: 'socks4://ann:secret@one.example:1080' };
  expect(mistakesOf(env)).toEqual([
    'HTTPS_PROXY must be the address of an HTTP or SOCKS5 proxy, for example http://user:password@proxy.example.com:3128',
  ]);
  expect(printedMistake(env)).not.toContain('secret');
});

const account = '0123456789abcdef0123456789abcdef';

test.each([
  [{ CLOUDFLARE_API_TOKEN: 'a-token' }, /^CLOUDFLARE_ACCOUNT_ID is missing: without it the keys of cloudflare cannot/],
  [{ CLOUDFLARE_API_KEY_2: 'a-token', CLOUDFLARE_ACCOUNT_ID: ' ' }, /^CLOUDFLARE_ACCOUNT_ID /],
  [{ CLOUDFLARE_ACCOUNT_ID: 'my-account' }, /^CLOUDFLARE_ACCOUNT_ID must be the id of the account, 32 digits/],
])('a setting that goes with the keys of a provider is missed: %j', (env, mistake) => {
  const mistakes = mistakesOf(env);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(mistake);
});

test('a setting that goes with the keys of a provider is read, and not missed where it has no keys', () => {
  const both = { CLOUDFLARE_API_TOKEN: 'a-token', CLOUDFLARE_ACCOUNT_ID: `"${account}"` };
  expect(parseConfig(both).providers['cloudflare']?.required).toEqual({ ACCOUNT_ID: account });
  expect(parseConfig({ CLOUDFLARE_API_TOKEN: '' }).providers['cloudflare']?.required).toEqual({});
});

test('a webhook without a secret, or at an address that is no path of its own, does not start (B22)', () => {
  const url = 'https://bot.example.com/telegram/updates';
  expect(mistakesOf({ WEBHOOK_URL: url })).toEqual([
    expect.stringMatching(/^WEBHOOK_SECRET must be set with WEBHOOK_URL/),
  ]);
  const webhookSecret = 'a-word-of-the-webhook';
  const given = (more: Record<string, string>) => ({ WEBHOOK_URL: url, WEBHOOK_SECRET: webhookSecret, ...more });
  expect(mistakesOf(given({ WEBHOOK_SECRET: 'short' }))).toHaveLength(1);
  for (const path of ['/api/keys', '/v1/', '/healthz', '/a?b=c', '/../x y']) {
    const address = `https://bot.example.com${path}`;
    expect([path, mistakesOf(given({ WEBHOOK_URL: address })).length]).toEqual([path, 1]);
  }
  expect(mistakesOf(given({ WEBHOOK_URL: 'http://bot.example.com/telegram' }))).toHaveLength(1);
  expect(parseConfig(given({})).telegram.webhook).toMatchObject({ url, path: '/telegram/updates' });
  expect(parseConfig(given({ WEBHOOK_URL: 'https://bot.example.com' })).telegram.webhook?.path).toBe(
    '/telegram/webhook',
  );
});

test('the addresses of webhooks are checked by name, and never shown (S30)', () => {
  const bad = {
    ALERT_WEBHOOK_URL: 'http://canary.example.com/x',
    JOB_WEBHOOK_URL: 'canary',
    WEBHOOK_SIGNING_KEY: 'canary',
  };
  const mistakes = mistakesOf(bad);
  expect(mistakes).toHaveLength(3);
  expect(mistakes.join(' ')).not.toContain('canary');
  const { webhooks } = parseConfig({ ALERT_WEBHOOK_URL: 'ntfy+https://ntfy.example.com/a' });
  expect(webhooks.alerts?.reveal()).toBe('ntfy+https://ntfy.example.com/a');
});
