import { expect, test } from 'vitest';
import { fingerprint, keyHint, poolKeys, seatsOf } from '../../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../../src/kit/secret.ts';

test('fingerprint() is the first 16 hex digits of the HMAC-SHA-256 under the salt', () => {
  const key = new Secret('what do ya want for nothing?');
  // The second test vector of RFC 4231.
  expect(fingerprint(key, 'Jefe')).toBe('5bdcc146bf60754e');
});

test('poolKeys() tells apart what two providers have alike: one key, or none', () => {
  const shared = { place: 1, secret: new Secret('one-key-for-both'), weight: 1 };
  const none = { place: 1, secret: new Secret(''), weight: 1, keyless: true } as const;
  const keys = [
    { provider: 'home', ...shared },
    { provider: 'office', ...shared },
    { provider: 'openai', ...none },
    { provider: 'attic', ...none },
  ];
  const pooled = poolKeys(keys, 'salt', ({ keyless }) => seatsOf({ seatsPerKey: 4 }, keyless));
  expect(new Set(pooled.map(({ id }) => id)).size).toBe(4);
  expect(pooled[0]?.id).toBe(fingerprint(shared.secret, 'salt'));
  expect(pooled.map(({ seats }) => seats)).toEqual([4, 4, 1, 1]);
  expect(poolKeys(keys.slice(2), 'salt', () => 1).map(({ id }) => id)).toEqual(pooled.slice(2).map(({ id }) => id));
});

test('fingerprint() means nothing under another salt', () => {
  const key = new Secret('one-key-of-many');
  expect(fingerprint(key, 'salt-a')).not.toBe(fingerprint(key, 'salt-b'));
  expect(fingerprint(key, 'salt-a')).not.toBe(fingerprint(new Secret('another-key'), 'salt-a'));
});

test.each([
  ['abcdefghijklmnop', 'abcd…mnop'],
  ['abcdefghijklmno', '…'],
  ['', '…'],
])('keyHint() shows of %j only %j', (key, hint) => {
  expect(keyHint(new Secret(key))).toBe(hint);
});
