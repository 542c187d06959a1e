import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { callbackData, callbackVerbs, parseCallbackData } from '../../src/messages/view.ts';

test('callbackData() takes exactly 64 bytes', () => {
  expect(Buffer.byteLength(callbackData('again', 'x'.repeat(58)))).toBe(64);
});

test.each([
  ['65 bytes', 'x'.repeat(59)],
  ['few characters of many bytes', '😀'.repeat(15)],
  ['no id', ''],
])('callbackData() refuses %s', (_, id) => {
  expect(() => callbackData('again', id)).toThrow(/^Cannot make a "again" button: .* 1 to 58 bytes$/);
});

test('parseCallbackData() reads back what callbackData() made', () => {
  fc.assert(
    fc.property(fc.constantFrom(...callbackVerbs), fc.stringMatching(/^[\w:-]{1,50}$/), (verb, id) => {
      expect(parseCallbackData(callbackData(verb, id))).toEqual({ verb, id });
    }),
  );
});

test.each(['', ':', 'again', 'again:', ':7', 'pay:7', '__proto__:7', 'AGAIN:7', ' again:7', `again:${'x'.repeat(59)}`])(
  'parseCallbackData() refuses %j',
  (data) => {
    expect(parseCallbackData(data)).toBeUndefined();
  },
);
