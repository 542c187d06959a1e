import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { safeDetail } from '../../../src/providers/classification/strip-echo.ts';
import { anyCharacter } from '../../support/any-character.ts';

const secret = 'sk-Ab1/c$D%e+F=4567890';

test.each([
  ['as it is', secret],
  ['in other case', secret.toUpperCase()],
  ['encoded for a URL', encodeURIComponent(secret)],
  ['inside JSON', JSON.stringify({ key: secret }).slice(8, -2)],
  ['as base64', Buffer.from(secret).toString('base64')],
  ['as base64url', Buffer.from(secret).toString('base64url')],
  ['as hex', Buffer.from(secret).toString('hex')],
  ['as its last eight characters', secret.slice(-8)],
  ['as its first eight characters', secret.slice(0, 8)],
])('safeDetail() takes the key out %s (C20)', (_name, spelling) => {
  expect(safeDetail(`Incorrect key: ${spelling} given`, secret)).toMatch(/^Incorrect key: \[key\]=* given$/);
});

test.each(['Key ', 'Key', 'Ke', 'user:'])(
  'safeDetail() takes the key out of the base64 of something that begins with "%s"',
  (before) => {
    const coded = Buffer.from(`${before}${secret}!`).toString('base64');
    const told = safeDetail(`Bad header ${coded}`, secret);
    expect(Buffer.from(told.replace(/^Bad header /, ''), 'base64').toString('latin1')).not.toContain(
      secret.slice(3, -3),
    );
    expect(told).toContain('[key]');
  },
);

test('safeDetail() answers one line of at most 200 units without the key, whatever the text', () => {
  const anySecret = fc
    .string({ minLength: 8, maxLength: 40, unit: 'grapheme-ascii' })
    .filter((text) => /^[\x21-\x5A^-~]+$/.test(text));
  const anyText = fc.array(
    fc.oneof(fc.string({ unit: anyCharacter }), fc.constantFrom('\n', '\r', '\u001b[0m', '\u2028', '😀')),
  );
  fc.assert(
    fc.property(anySecret, anyText, fc.string(), (key, before, after) => {
      const told = safeDetail(`${before.join('')}${key}${after}`, key);
      expect(told.length).toBeLessThanOrEqual(200);
      expect(told).not.toContain(key);
      expect(told).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(told.isWellFormed()).toBe(true);
    }),
  );
});
