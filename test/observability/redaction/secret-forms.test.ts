import { expect, test } from 'vitest';
import { Secret } from '../../../src/kit/secret.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { createRedactor } from '../../../src/observability/redaction/redactor.ts';

const key = `sk+canary/"q'\\ote"&<Zürich>=${'x9Y'.repeat(4)}`;

const url = encodeURIComponent(key);

const json = JSON.stringify(key).slice(1, -1);

const hex = Buffer.from(key).toString('hex');

const base64 = Buffer.from(key).toString('base64');

test.each([
  ['as it is', key],
  ['coded for an address', url],
  ['coded for an address in lower case', url.replace(/%../g, (code) => code.toLowerCase())],
  ['coded for an address twice', encodeURIComponent(url)],
  ['as a form field', new URLSearchParams({ k: key }).toString().slice(2)],
  ['in JSON', json],
  ['in JSON in JSON', JSON.stringify(json).slice(1, -1)],
  ['in base64', base64],
  ['in base64 without its end', base64.replace(/={1,2}$/, '')],
  ['in base64 for addresses', Buffer.from(key).toString('base64url')],
  ['in base64 behind a user', Buffer.from(`user:${key}:tail`).toString('base64')],
  ['in hexadecimal digits', hex],
  ['in upper-case hexadecimal digits', hex.toUpperCase()],
  ['by its last eight signs', key.slice(-8)],
])('a secret is found %s (K13)', (_how, form) => {
  const redactor = createRedactor([new Secret('another-secret-key'), new Secret(key)]);
  expect(redactor.redact(`before ${form} after`)).toMatch(/^before \S*\[redacted\]\S* after$/);
  expect(redactor.redact(`before ${form} after`)).not.toContain(form);
});

test('a secret that comes in two halves of one line is found, control signs between them or not (K13)', () => {
  const lines: string[] = [];
  const redactor = createRedactor([new Secret('canary-secret-key-of-the-tests')]);
  const logger = createLogger({ level: 'info', redactor, destination: { write: (line) => void lines.push(line) } });
  logger.info('canary-secret\0-key-of\x1b-the-tests and %s%s', 'canary-secret-key', '-of-the-tests');
  expect(lines.join('')).not.toMatch(/canary|of-the-tests/);
});
