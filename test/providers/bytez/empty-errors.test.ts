import { expect, test } from 'vitest';
import { askFor, failing, goodReply, goodUrl, malformed } from './ask-bytez.ts';

const nothing = [
  '""',
  '" "',
  'null',
  'false',
  '0',
  '[]',
  '{}',
  '[""]',
  '[null]',
  '{"message":""}',
  '{"code":null}',
  'NaN',
  '"null"',
  '"None"',
];

test.each(nothing)('an error of %s is none, so that the result beside it is delivered', async (error) => {
  for (const name of ['error', 'errors']) {
    expect(await askFor(200, `{"${name}":${error},"output":${JSON.stringify(goodUrl)}}`)).toEqual(goodReply);
    expect(await askFor(200, `{"${name}":${error},"url":${JSON.stringify(goodUrl)}}`)).toEqual(goodReply);
    expect(await askFor(200, `{"${name}":${error},"output":null}`)).toEqual(malformed);
  }
});

test.each([
  ['"The run failed"', 'failed-run'],
  ['true', 'unrecognized'],
  ['17', 'unrecognized'],
  ['{"message":"The run failed"}', 'failed-run'],
  ['["","The run failed"]', 'failed-run'],
] as const)('an error of %s counts, whatever is beside it', async (error, reason) => {
  const body = `{"error":${error},"output":${JSON.stringify(goodUrl)}}`;
  expect(await askFor(200, body)).toEqual(failing('provider', reason, { sureness: 'guess' }));
});

test('words beside an empty error and no result are read', async () => {
  const body = '{"error":"","message":"Insufficient credits","output":null}';
  expect(await askFor(200, body)).toEqual(failing('key', 'out-of-credit', { sureness: 'guess' }));
});
