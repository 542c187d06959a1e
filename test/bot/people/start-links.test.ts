import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { readStartLink, referralLink } from '../../../src/bot/people/start-links.ts';
import { handedKey } from '../../../src/bot/message-words.ts';

const base64 = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64url');

test.each([
  ['', undefined],
  ['settings', undefined],
  ['gen_', undefined],
  [`gen_${base64('ein Fuchs 🦊')}`, { kind: 'words', words: 'ein Fuchs 🦊' }],
  [`gen_${base64('   ')}`, undefined],
  [`gen_${base64(Uint8Array.from([0xff, 0xfe]))}`, undefined],
  [`gen_${'a'.repeat(61)}`, undefined],
  ['again_7-1001', { kind: 'again', id: '7-1001' }],
  ['ref_2n9c', { kind: 'referral', byId: 123_456 }],
  ['ref_-1', undefined],
  ['ref_ZZ', undefined],
  [`ref_${'z'.repeat(12)}`, undefined],
])('readStartLink(%s)', (payload, link) => {
  expect(readStartLink(payload)).toEqual(link);
});

test('referralLink() is read as it was written, within the limit of Telegram', () => {
  const [, payload = ''] = referralLink('a_bot', 9_007_199_254_740_991).split('?start=');
  expect(payload.length).toBeLessThanOrEqual(64);
  expect(readStartLink(payload)).toEqual({ kind: 'referral', byId: 9_007_199_254_740_991 });
});

const key = 'no-known-shape-of-a-key';

test.each([
  [`/keys add bytez ${key}`, { provider: 'bytez', key }],
  [`\u200F /KEYS@some_bot  Add  Bytez \n ${key} `, { provider: 'bytez', key }],
  [`/key ad bytez ${key} and more`, { provider: 'bytez', key: `${key} and more` }],
  [`/keys bytez ${key}`, { provider: '', key }],
  [`/keys ${key}`, { provider: '', key }],
  [`/keys add ${key}`, { provider: '', key }],
  ['/keys', undefined],
  ['/keys add bytez', undefined],
  ['/keys disable bytez #1, bytez #2 and all the others', undefined],
  [`look: /keys add bytez ${key}`, undefined],
])('handedKey(%j)', (text, handed) => {
  expect(handedKey(text)).toEqual(handed);
});
