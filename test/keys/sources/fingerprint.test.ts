import { expect, test } from 'vitest';
import { fingerprint, keyHint } from '../../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../../src/kit/secret.ts';

test('fingerprint() is the first 16 hex digits of the HMAC-SHA-256 under the salt', () => {
  const key = new Secret('what do ya want for nothing?');
  // The second test vector of RFC 4231.
  expect(fingerprint(key, 'Jefe')).toBe('5bdcc146bf60754e');
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
