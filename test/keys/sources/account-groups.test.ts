import { expect, test } from 'vitest';
import { keyId } from '../../../src/domain/ids.ts';
import { accountsOf, groupWarnings, type ConfiguredGroups } from '../../../src/keys/sources/account-groups.ts';
import { aKey } from '../../support/builders.ts';

const keys = [
  ...[1, 2, 3, 4, 5].map((place) => aKey(place)),
  aKey(1, { provider: 'openai', id: keyId('openai-1') }),
  aKey(2, { provider: 'openai', id: keyId('openai-2') }),
];
const groups: ConfiguredGroups = (provider) => {
  if (provider === 'bytez') return [[2, 1], [4, 9], [3], [5, 5]];
  return provider === 'openai' ? [[1, 2]] : [[7]];
};

test('accountsOf() leads from each key of an account to its first, within its provider', () => {
  expect(accountsOf(keys, groups)).toEqual(
    new Map([
      ['id-2', 'id-2'],
      ['id-1', 'id-2'],
      ['id-5', 'id-5'],
      ['openai-1', 'openai-1'],
      ['openai-2', 'openai-1'],
    ]),
  );
  expect(accountsOf(keys, () => [])).toEqual(new Map());
});

test('groupWarnings() names the variables that go beyond the keys', () => {
  const onlySome: ConfiguredGroups = (provider) =>
    provider === 'bytez' ? [[4, 9]] : provider === 'anthropic' ? [[1]] : [];
  expect(groupWarnings(keys, onlySome)).toEqual([
    'BYTEZ_KEY_GROUPS has numbers beyond the keys (there are 5 keys); they are skipped',
    'ANTHROPIC_KEY_GROUPS has numbers beyond the keys (there are 0 keys); they are skipped',
  ]);
  expect(groupWarnings(keys, (provider) => (provider === 'openai' ? [[1, 2]] : []))).toEqual([]);
});
