import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';

type Env = Readonly<Record<string, string | undefined>>;

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

const counts = ['MAX_ATTEMPTS', 'BYTEZ_SEATS_PER_KEY', 'FREE_RUNNING', 'PREMIUM_WAITING', 'HTTP_PORT'] as const;

test.each(counts)('%s is a whole number within its bounds, or the start says so (K19)', (name) => {
  const bad = ['-1', '1e9', 'abc', '4.5', ' 4 ', '0x10', '４', 'NaN', '1_0', '999999999'];
  for (const value of name === 'HTTP_PORT' ? bad : ['0', ...bad]) {
    expect(mistakesIn({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name} must be a whole number`)),
    ]);
  }
  expect(mistakesIn({ [name]: '4' })).toEqual([]);
});

const packForm = 'must be results:Stars, at most 100000 results and 10000 Stars, for example 20:50';
const once = 'must name each number of results once, for example 20:50,100:200';
const page = 'must be an https address of a page, for example https://example.com/terms';

test.each([
  ['STARS_PACKS', '20', `STARS_PACKS position 1 ${packForm}`],
  ['STARS_PACKS', '20:50,canary', `STARS_PACKS position 2 ${packForm}`],
  ['STARS_PACKS', '0:50', `STARS_PACKS position 1 ${packForm}`],
  ['STARS_PACKS', '20:0', `STARS_PACKS position 1 ${packForm}`],
  ['STARS_PACKS', '20:10001', `STARS_PACKS position 1 ${packForm}`],
  ['STARS_PACKS', '100001:5', `STARS_PACKS position 1 ${packForm}`],
  ['STARS_PACKS', '20:50.5', `STARS_PACKS position 1 ${packForm}`],
  ['STARS_PACKS', '20:50,20:60', `STARS_PACKS ${once}`],
  ['STARS_PACKS', '1:1,2:2,3:3,4:4,5:5,6:6,7:7,8:8,9:9', expect.stringMatching(/^STARS_PACKS must be at most 8 packs/)],
  ['STARS_SUBSCRIPTION', '0', expect.stringMatching(/^STARS_SUBSCRIPTION must be a whole number/)],
  ['STARS_SUBSCRIPTION', '10001', expect.stringMatching(/^STARS_SUBSCRIPTION must be a whole number/)],
  ['STARS_SUBSCRIPTION', '2.50', expect.stringMatching(/^STARS_SUBSCRIPTION must be a whole number/)],
  ['TERMS_URL', 'http://example.com/canary', `TERMS_URL ${page}`],
  ['TERMS_URL', 'example.com/terms', `TERMS_URL ${page}`],
  ['TERMS_URL', 'https://canary:word@example.com/', `TERMS_URL ${page}`],
])('what is sold, and its terms: %s=%s stops the start, by name and without the value', (name, value, mistake) => {
  expect(mistakesIn({ [name]: value })).toEqual([mistake]);
});

test('what is sold is read as it is written, and nothing is sold unless it is', () => {
  const env = { STARS_PACKS: ' 20:50 , 100:200 ', STARS_SUBSCRIPTION: '10000', TERMS_URL: 'https://example.com/terms' };
  const packs = [
    { results: 20, stars: 50 },
    { results: 100, stars: 200 },
  ];
  expect(parseConfig(env).prices).toEqual({ packs, subscription: 10_000 });
  expect(parseConfig({}).prices).toEqual({ packs: [], subscription: undefined });
});
