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
