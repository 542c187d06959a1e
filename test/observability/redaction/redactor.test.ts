import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRedactor } from '../../../src/observability/redaction/redactor.ts';
import { Secret } from '../../../src/kit/secret.ts';
import { workedMs } from '../../support/worked-ms.ts';

const secret = `sk+canary/"q'\\uote"&<Zürich>=${'x9Y'.repeat(4)}`;
const redactor = createRedactor([new Secret('another-secret-key'), new Secret(secret)]);
const url = encodeURIComponent(secret);
const json = JSON.stringify(secret).slice(1, -1);
const hex = Buffer.from(secret).toString('hex');
const base64 = (text: string) => Buffer.from(text).toString('base64');

test.each([
  ['as it is', secret],
  ['url-encoded', url],
  ['url-encoded in lower case', url.replace(/%../g, (code) => code.toLowerCase())],
  ['url-encoded twice', encodeURIComponent(url)],
  ['as a form field', new URLSearchParams({ k: secret }).toString().slice(2)],
  ['every byte in percents', hex.replace(/../g, '%$&')],
  ['JSON-escaped', json],
  ['JSON-escaped twice', JSON.stringify(json).slice(1, -1)],
  ['HTML-escaped', '&#39;'],
  ['base64', base64(secret)],
  ['base64 without its end', base64(secret).replace(/=+$/, '')],
  ['base64 for URLs', Buffer.from(secret).toString('base64url')],
  ['hex', hex],
  ['hex in upper case', hex.toUpperCase()],
  ['its last eight characters', secret.slice(-8)],
])('Redactor.redact() finds a secret %s (K13)', (how, form) => {
  const written =
    how === 'HTML-escaped'
      ? secret
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&quot;')
          .replaceAll("'", form)
      : form;
  expect(redactor.redact(`before ${written} after`)).toBe('before [redacted] after');
});

test.each(['a:', 'ab:', 'abc:', 'user:'])('Redactor.redact() finds a secret inside base64 after %j', (before) => {
  const text = redactor.redact(`Basic ${base64(`${before}${secret}:tail`)}`);
  expect(text).toContain('[redacted]');
  const left = Buffer.from(text.replace(/.*Basic /, ''), 'base64').toString();
  expect(left).not.toContain('canary');
});

test.each([
  ['a token 123456789:AAF-abc_defghijklmnopqrstuvwxyz01 here', 'a token [redacted] here'],
  [
    'GET https://api.telegram.org/bot123456789:AAF-abc_defghijklmnopqrstuvwxyz01/getMe',
    'GET https://api.telegram.org/bot[redacted]/getMe',
  ],
  ['/file/bot42:short_token/photos/1.jpg', '/file/bot[redacted]/photos/1.jpg'],
  ['bot123456789%3AAAF-abc_defghijklmnopqrstuvwxyz01', 'bot[redacted]'],
])('Redactor.redact() takes a bot token out of %j even when it knows none', (text, expected) => {
  expect(createRedactor([]).redact(text)).toBe(expected);
});

test('Redactor.redact() leaves innocent text as it is', () => {
  const text = 'job tg-42-1001: attempt 1/3 bytez #2 at 12:30:45, 1767225600000 ms, https://api.bytez.com/models/v2';
  expect(redactor.redact(text)).toBe(text);
});

test('Redactor.redact() ignores secrets that are too short', () => {
  expect(createRedactor([new Secret(''), new Secret('abc')]).redact('abc def')).toBe('abc def');
});

test('Redactor.redact() hides adjacent secrets, and the longer of two with a common prefix', () => {
  const two = createRedactor([new Secret('secret-key'), new Secret('secret-key-longer')]);
  expect(two.redact('secret-keysecret-key-longer')).toBe('[redacted][redacted]');
});

test('Redactor.redact() leaves no secret in any text around it', () => {
  const secrets = fc.array(fc.string({ minLength: 8, maxLength: 40 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(secrets, fc.array(fc.string()), (values, around) => {
      fc.pre(values.every((value) => !'[redacted]'.includes(value)));
      const hider = createRedactor(values.map((value) => new Secret(value)));
      const text = around.flatMap((words, index) => [words, values[index % values.length] ?? '']).join(' ');
      const result = hider.redact(text);
      for (const value of values) expect(result.replaceAll('[redacted]', '\n')).not.toContain(value);
    }),
  );
});

test('Redactor.redact() is fast on long near-misses with a thousand secrets (H23)', () => {
  const many = createRedactor(Array.from({ length: 1000 }, (_, index) => new Secret(`secret-key-number-${index}-x`)));
  const texts = ['1'.repeat(50_000), '123456789:'.repeat(5000), 'bot1'.repeat(12_500), '%3a'.repeat(16_000)];
  const ms = workedMs(() => {
    for (const text of texts) many.redact(text);
  });
  // Far above the usual time; a pattern that backtracks takes minutes.
  expect(ms).toBeLessThan(2000);
});

test('Redactor.add() hides added secrets as well as earlier ones', () => {
  const [first, later] = [new Secret('first-secret-of-all'), new Secret('a-key-that-came-later')];
  const learning = createRedactor([first]);
  const text = `${first.reveal()}, ${later.reveal()}, ${base64(later.reveal())}`;
  expect(learning.redact(text)).toBe(`[redacted], ${later.reveal()}, ${base64(later.reveal())}`);
  learning.add([later, first]);
  expect(learning.redact(text)).toBe('[redacted], [redacted], [redacted]');
});
