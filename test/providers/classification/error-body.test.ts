import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { complaintOf, readComplaint } from '../../../src/providers/classification/error-body.ts';
import { runs } from '../../support/property-runs.ts';

const nothing = { status: 400, codes: [], types: [], words: '', isHtml: false };

test.each([
  ['a text', { error: 'No', output: null }, { words: 'No' }],
  ['a text that is a code', { error: 'no_credit' }, { codes: ['no_credit'], words: 'no_credit' }],
  [
    'an object',
    { error: { message: 'No', type: 'credit_error', code: 'none' } },
    { codes: ['none'], types: ['credit_error'], words: 'No: none: credit_error' },
  ],
  [
    'an object in an object',
    { error: { error: { code: 'deep', message: 'No' } } },
    { codes: ['deep'], words: 'No: deep' },
  ],
  [
    'a list of texts',
    { name: 'bad_request', errors: ['One', 'Two'] },
    { codes: ['bad_request'], words: 'One: Two: bad_request' },
  ],
  [
    'a list of objects',
    { detail: [{ loc: ['body'], msg: 'field required', type: 'missing' }] },
    { types: ['missing'], words: 'field required: missing' },
  ],
  [
    'a list around it',
    [{ error: { code: 429, status: 'EXHAUSTED' } }],
    { status: 429, codes: ['EXHAUSTED'], words: 'EXHAUSTED' },
  ],
  ['JSON in a text', { error: '{"error":{"message":"No","code":"inner"}}' }, { codes: ['inner'], words: 'No: inner' }],
  ['what only looks like JSON in a text', { error: '{no}' }, { words: '{no}' }],
  [
    'a status inside',
    { status: 402, error: 'Payment Required', message: 'No' },
    { status: 402, words: 'Payment Required: No' },
  ],
  ['a status as text', { statusCode: '429', msg: 'No' }, { status: 429, words: 'No' }],
  ['a status that is none', { status: 200, code: 7, error: 'No' }, { words: 'No' }],
  ['a page', { error: '<!doctype html><p>No' }, { words: '<!doctype html><p>No', isHtml: true }],
  [
    "the upstream answer beside it, which is nobody's complaint",
    { error: 'No', provider: { error: { code: 'theirs' } } },
    { words: 'No' },
  ],
  ['a number', { error: 17 }, {}],
] as const)('complaintOf() reads %s', (_name, value, said) => {
  expect(complaintOf(400, value)).toEqual({ ...nothing, ...said });
});

test('readComplaint() takes a body that is not JSON as words, and a page as none', () => {
  expect(readComplaint(400, Buffer.from('Not now'))).toEqual({ ...nothing, words: 'Not now' });
  expect(readComplaint(400, Buffer.from('<html>Not now</html>'))).toEqual({ ...nothing, isHtml: true });
});

test('readComplaint() ends long words between two of them, so that no key is cut in two', () => {
  const words = `${'word '.repeat(397)}0123456789abcdef0123456789abcdef rest`;

  expect(readComplaint(400, Buffer.from(words)).words).toBe('word '.repeat(397).trimEnd());
  expect(complaintOf(400, { error: words }).words).toBe('word '.repeat(397).trimEnd());
  expect(complaintOf(400, { error: 'x'.repeat(5_000) }).words).toBe('');
});

test('readComplaint() never throws and never says much, whatever the bytes', () => {
  const depths = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 8, withCrossShrink: true },
      fc.jsonValue(),
      fc
        .array(
          fc.tuple(fc.constantFrom('error', 'errors', 'message', 'code', 'type', 'status', '__proto__'), tie('value')),
          {
            maxLength: 10,
          },
        )
        .map((entries) => Object.fromEntries(entries)),
      fc.array(tie('value'), { maxLength: 20 }),
    ),
  }));
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    depths.value.map((value) => Buffer.from(JSON.stringify(value) ?? '')),
  );
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 999 }), body, (status, bytes) => {
      const { words, codes, types, ...said } = readComplaint(status, bytes);
      expect(words.length).toBeLessThanOrEqual(4_000);
      expect(codes.length + types.length).toBeLessThanOrEqual(24);
      expect(said.status === status || (said.status >= 400 && said.status <= 599)).toBe(true);
    }),
    { numRuns: runs(500) },
  );
});
