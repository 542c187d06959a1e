import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromPlainBase64 } from '../../src/media/result-encodings.ts';

test('fromPlainBase64() gives back what was written, in either alphabet, with and without padding', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom('base64', 'base64url'), (bytes, alphabet) => {
      const text = Buffer.from(bytes).toString(alphabet);
      for (const form of [text, text.replace(/=+$/, '')]) expect(fromPlainBase64(form)).toEqual(Buffer.from(bytes));
    }),
  );
});

test('fromPlainBase64() takes nothing that holds another character, wherever it stands', () => {
  const stranger = fc.constantFrom(' ', '\n', '\r', '\t', '%', '=', '.', '"', '\\', 'é', '\0', '\u{1f98a}');
  fc.assert(
    fc.property(fc.base64String({ minLength: 4, maxLength: 60 }), stranger, fc.nat(), (text, other, at) => {
      const digits = text.replace(/=+$/, '');
      const place = at % digits.length;
      expect(fromPlainBase64(`${digits.slice(0, place)}${other}${digits.slice(place)}`)).toBeUndefined();
    }),
  );
});
