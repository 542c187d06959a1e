import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fieldsOf, parseJson } from '../../../src/providers/http/http-exchange.ts';

test('parseJson() reads whatever JSON.stringify() writes within its bounds', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 10 }), (value) => {
      const text = JSON.stringify(value);
      expect(parseJson(Buffer.from(text))).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test('parseJson() refuses 100,000 nested lists before they are built (C7)', () => {
  const deep = Buffer.from('['.repeat(100_000) + ']'.repeat(100_000));
  expect(parseJson(deep)).toEqual({ ok: false, why: 'JSON too deep or with too many values' });
});

test('parseJson() refuses a million values', () => {
  const many = Buffer.from(`[${'0,'.repeat(1_000_000)}0]`);
  expect(parseJson(many)).toEqual({ ok: false, why: 'JSON too deep or with too many values' });
});

test('parseJson() does not count what stands inside a string', () => {
  const text = JSON.stringify(['[{,'.repeat(200_000), '\\"[[\\', `"${'['.repeat(100)}`]);
  expect(parseJson(Buffer.from(text)).ok).toBe(true);
});

test.each([
  [Buffer.from(''), 'empty'],
  [Buffer.from(' \n'), 'empty'],
  [Buffer.from('{"a":'), 'not JSON'],
  [Buffer.from('"never closed'), 'not JSON'],
  [Buffer.from('<!-- x --><html></html>'), 'an HTML page'],
  [Buffer.from([0xff, 0xfe, 0x7b, 0x00]), 'not UTF-8'],
])('parseJson(%j) says why not', (bytes, why) => {
  expect(parseJson(bytes)).toEqual({ ok: false, why });
});

test('fieldsOf() sees own fields only (C5)', () => {
  const parsed = parseJson(Buffer.from('{"__proto__":{"admin":true},"a":1}'));
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  expect([fields?.get('admin'), fields?.get('toString'), fields?.get('a')]).toEqual([undefined, undefined, 1]);
});

test.each([
  ['{"error":NaN,"output":"x"}', { error: null, output: 'x' }],
  ['{"a":-Infinity,"b":[NaN,1,Infinity]}', { a: null, b: [null, 1, null] }],
  ['{"a":"NaN \\" Infinity","b":NaN}', { a: 'NaN " Infinity', b: null }],
])('parseJson(%s) reads what is no number as null', (text, value) => {
  expect(parseJson(Buffer.from(text))).toEqual({ ok: true, value });
});

test.each(['{"a":NaNa}', '{"a":xNaN}', '{NaN:1}', 'NaN NaN', '{"a":"NaN'])('parseJson(%s) is still refused', (text) => {
  expect(parseJson(Buffer.from(text)).ok).toBe(false);
});
