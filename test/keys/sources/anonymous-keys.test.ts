import { expect, test } from 'vitest';
import { withAnonymousKeys } from '../../../src/keys/sources/anonymous-keys.ts';
import { readKeys } from '../../../src/keys/sources/read-keys.ts';

function keysIn(env: Readonly<Record<string, string>>): readonly string[] {
  return withAnonymousKeys(readKeys(env), env).keys.map(({ provider, secret }) => `${provider} ${secret.reveal()}`);
}

test.each([
  ['nothing is set', {}, ['horde 0000000000']],
  [
    'only keys that make no pictures are set',
    { SUNO_API_KEY: 'a-key-of-mine' },
    ['suno a-key-of-mine', 'horde 0000000000'],
  ],
  ['a provider of pictures has a key', { BYTEZ_API_KEY: 'a-key-of-mine' }, ['bytez a-key-of-mine']],
  ['the Horde has a key of its own', { HORDE_API_KEY: 'horde-secret-77' }, ['horde horde-secret-77']],
  ['it is switched off', { HORDE_ANONYMOUS: ' Off ' }, []],
  ['the chain names others', { IMAGE_CHAIN: 'bytez:org/model' }, []],
  [
    'the chain names it beside one with keys',
    { IMAGE_CHAIN: 'bytez:org/model, horde:stable_diffusion', BYTEZ_API_KEY: 'a-key-of-mine' },
    ['bytez a-key-of-mine', 'horde 0000000000'],
  ],
] as const)('withAnonymousKeys() when %s', (_when, env, keys) => {
  expect(keysIn(env)).toEqual(keys);
});

test.each([
  [{}, 'no key makes pictures'],
  [{ IMAGE_CHAIN: 'bytez:org/model,horde:stable_diffusion' }, 'IMAGE_CHAIN names horde, which has no key'],
])('withAnonymousKeys() says why the key is used, what it means and how to do without: %j', (env, why) => {
  const { warnings } = withAnonymousKeys({ keys: [], warnings: [] }, env);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/anonymous key of horde is used: .*slow.*public.*HORDE_ANONYMOUS=off/);
  expect(warnings[0]?.startsWith(`${why}, so the`)).toBe(true);
});
