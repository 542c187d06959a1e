import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { GrammyError, HttpError } from 'grammy';
import { expect, test } from 'vitest';

import { describeError } from '../../src/observability/describe-error.ts';
import { anyCharacter } from '../support/any-character.ts';

const token = '123456789:AAF-abc_defghijklmnopqrstuvwxyz01';

test('describeError() gives name, code and message of the error and its causes', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const failed = new TypeError('fetch failed', { cause: reset });
  expect(describeError(new Error('Cannot ask Bytez', { cause: failed }))).toBe(
    'Error: Cannot ask Bytez, because of TypeError: fetch failed, because of Error [ECONNRESET]: read ECONNRESET',
  );
});

test('describeError() follows five causes, and a cycle of them once', () => {
  const chain = Array.from({ length: 9 }).reduce<Error>(
    (cause, _, index) => new Error(`e${index}`, { cause }),
    new Error('x'),
  );
  expect(describeError(chain).match(/because of/g)).toHaveLength(4);
  const round = new Error('round');
  round.cause = new Error('again', { cause: round });
  expect(describeError(round)).toBe('Error: round, because of Error: again');
});

test('describeError() lists the errors of an AggregateError', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  expect(describeError(new AggregateError([refused, refused]))).toBe(
    'AggregateError (ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1) (ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1)',
  );
});

test('describeError() keeps payloads and the token of a Telegram failure out (K10)', () => {
  const address = `https://api.telegram.org/bot${token}/sendMessage`;
  const http = new HttpError('Network request for sendMessage failed!', new Error(`cannot reach ${address}`));
  const refused = new GrammyError(
    'Call to sendMessage failed!',
    { ok: false, error_code: 400, description: 'Bad Request: chat not found' },
    'sendMessage',
    { chat_id: 1, text: 'a private prompt' },
  );
  expect(inspect(http)).toContain(token);
  expect(describeError(new Error(`cannot reach ${address}?x=1`, { cause: http }))).toBe(
    'Error: cannot reach https://api.telegram.org/…, because of HttpError: Network request for sendMessage failed!',
  );
  expect(describeError(refused)).toBe('GrammyError: Call to sendMessage failed! (400: Bad Request: chat not found)');
});

test('describeError() leaves out the input that header and JSON errors quote (K5, B24)', () => {
  const thrown = (act: () => unknown): unknown => {
    try {
      act();
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const header = thrown(() => new Headers({ authorization: 'canary\r\nX-Admin: 1' }));
  const json = thrown(() => JSON.parse('canary is not json'));
  expect(inspect(header)).toContain('canary');
  expect(inspect(json)).toContain('canary');
  expect(describeError(header)).toBe('TypeError: a header value is invalid');
  expect(describeError(json)).toBe('SyntaxError: the text is not valid JSON');
  expect(describeError(new Error('see https://user:canary@host.example/a?key=canary now'))).toBe(
    'Error: see https://host.example/… now',
  );
});

test('describeError() never throws, whatever was thrown (Q16)', () => {
  const cyclic: { name: string; cause?: unknown } = { name: 'Round' };
  cyclic.cause = cyclic;
  const hostile = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('no');
    },
  });
  expect(describeError(undefined)).toBe('thrown undefined: undefined');
  expect(describeError('words\n\x1b[2J')).toBe('thrown string: words [2J');
  expect(describeError(Symbol('sign'))).toBe('thrown symbol: Symbol(sign)');
  expect(describeError(cyclic)).toBe('Round');
  expect(describeError(hostile)).toBe('thrown object');
  expect(describeError(Object.create(null))).toBe('thrown object');
});

test('describeError() gives one line of bounded length for anything', () => {
  fc.assert(
    fc.property(fc.anything(), fc.string({ unit: anyCharacter, maxLength: 3000 }), (value, message) => {
      for (const error of [value, new Error(message, { cause: value })]) {
        const text = describeError(error);
        expect(text.length).toBeLessThanOrEqual(1000);
        expect(text).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
      }
    }),
  );
});
