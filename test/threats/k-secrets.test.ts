import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { HttpError } from 'grammy';
import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/secret.ts';
import { describeError } from '../../src/observability/describe-error.ts';
import { createLogger, tellTo } from '../../src/observability/logger.ts';
import { createRedactor } from '../../src/observability/redactor.ts';
import { fingerprint, keyHint } from '../../src/keys/fingerprint.ts';
import { answerTo, pictures, until } from '../journeys/talk.ts';
import { startProcess } from '../journeys/started-process.ts';
import { filesIn, secretsFound } from '../support/secret-hunt.ts';
import { adminId, openTestHouse, testKey, testToken, wordsOf } from '../support/test-house.ts';
import { sources } from './h-patterns.ts';

const key = `sk+canary/"q'\\ote"&<Zürich>=${'x9Y'.repeat(4)}`;
const url = encodeURIComponent(key);
const json = JSON.stringify(key).slice(1, -1);
const hex = Buffer.from(key).toString('hex');
const base64 = Buffer.from(key).toString('base64');

test('K10 an error of the network that holds the address of a call is told by its name, code and method alone', () => {
  const address = `https://api.telegram.org/bot${testToken}/sendMessage`;
  const reset = Object.assign(new Error(`request to ${address} failed`), { code: 'ECONNRESET', url: address });
  const failed = new HttpError('Network request for "sendMessage" failed!', reset);
  expect(inspect(failed, { depth: 10 })).toContain('canary');
  const lines: string[] = [];
  const redactor = createRedactor([]);
  const logger = createLogger({ level: 'trace', redactor, destination: { write: (line) => void lines.push(line) } });
  tellTo(logger)({ event: 'house.trouble', what: 'a message', error: failed });
  logger.error(failed);
  expect(lines).toHaveLength(2);
  expect(lines.join('')).toContain('Network request for');
  expect(`${lines.join('')}${describeError(failed)}${describeError(reset)}`).not.toContain('canary');
});

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
])('K13 a secret is found %s', (_how, form) => {
  const redactor = createRedactor([new Secret('another-secret-key'), new Secret(key)]);
  expect(redactor.redact(`before ${form} after`)).toMatch(/^before \S*\[redacted\]\S* after$/);
  expect(redactor.redact(`before ${form} after`)).not.toContain(form);
});

test('K13 a secret that comes in two halves of one line is found, control signs between them or not', () => {
  const lines: string[] = [];
  const redactor = createRedactor([new Secret('canary-secret-key-of-the-tests')]);
  const logger = createLogger({ level: 'info', redactor, destination: { write: (line) => void lines.push(line) } });
  logger.info('canary-secret\0-key-of\x1b-the-tests and %s%s', 'canary-secret-key', '-of-the-tests');
  expect(lines.join('')).not.toMatch(/canary|of-the-tests/);
});

test('K14 the house never asks for a link to a file of Telegram, which would hold the token', () => {
  const asking = sources().filter(({ name, text }) => !name.startsWith('sandbox') && /getFile|\/file\/bot/.test(text));
  expect(asking.map(({ name }) => name)).toEqual([]);
  const link = `https://api.telegram.org/file/bot${testToken}/photos/1.jpg`;
  expect(createRedactor([]).redact(link)).toBe('https://api.telegram.org/file/bot[redacted]/photos/1.jpg');
});

test('K15 the list of keys shows an admin no key, and everybody else not even that there is one', async () => {
  await using house = await openTestHouse({ accounts: [[], [], []] });
  const list = wordsOf(await answerTo(house.person(adminId), '/keys'));
  expect(list).toContain('#3');
  for (const place of [1, 2, 3]) {
    expect(list).not.toContain(testKey(place));
    expect(list).not.toContain(testKey(place).slice(5, -5));
  }
  expect(keyHint(new Secret(testKey(1)))).toBe('cana…ests');
  expect(keyHint(new Secret('fifteen-letters'))).toBe('…');
  const stranger = house.person(7);
  expect(wordsOf(await answerTo(stranger, '/keys'))).toBe(wordsOf(await answerTo(stranger, '/kyes')));
});

test('K17 a copied data folder holds no key and no token, and its names of keys say nothing without the salt', async () => {
  await using house = await openTestHouse({ accounts: [[], []] });
  const person = house.person(7);
  person.say('/generate a fox');
  await pictures(person);
  await house.restart();
  const secrets = [testKey(1), testKey(2), testToken, testToken.split(':')[1] ?? ''];
  const files = filesIn(house.dataDir);
  expect(files.length).toBeGreaterThanOrEqual(2);
  expect(secretsFound(files, secrets)).toEqual([]);
  const secret = new Secret(testKey(1));
  expect(fingerprint(secret, 'salt of one house')).not.toBe(fingerprint(secret, 'salt of another'));
  expect(fingerprint(secret, 'salt of one house')).toMatch(/^[0-9a-f]{16}$/);
});

test('K17 nobody but the owner of the bot may read or list anything in the data folder', async () => {
  const place = mkdtempSync(join(tmpdir(), 'threats-'));
  chmodSync(place, 0o755);
  try {
    const dataDir = join(place, 'of', 'the bot');
    await using house = await openTestHouse({ env: { DATA_DIR: dataDir } });
    const person = house.person(7);
    person.say('/generate a fox');
    await pictures(person);
    await answerTo(person, '/video');
    const inside = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).map((name) => join(dataDir, name));
    const open = [join(place, 'of'), dataDir, ...inside].filter((path) => (statSync(path).mode & 0o077) !== 0);
    expect(inside.length).toBeGreaterThanOrEqual(5);
    expect(open).toEqual([]);
  } finally {
    rmSync(place, { recursive: true });
  }
});

test('K12 with DEBUG on the start warns, and our own lines hold no secret', async () => {
  await using started = await startProcess(1, { BYTEZ_API_KEY: testKey(1), DEBUG: 'grammy*', LOG_LEVEL: 'trace' });
  await until(() => started.log.some(({ event }) => event === 'house.started'), 15_000);
  const person = started.telegram.person({ id: 7, firstName: 'Ann', languageCode: 'en' });
  person.say('/generate a fox');
  await pictures(person);
  started.signal('SIGTERM');
  expect(await started.exited).toBe(0);
  const warned = started.log.filter(
    ({ event, text }) => event === 'config.warning' && String(text).startsWith('DEBUG is set'),
  );
  expect(warned).toHaveLength(1);
  const printed = [{ where: 'printed', text: started.printed() }];
  expect(secretsFound(printed, [testKey(1), testToken, testToken.split(':')[1] ?? ''])).toEqual([]);
});

test('K7 a revoked token ends the start with code 2 and without the token', async () => {
  const revoked = '100000002:canary-token-that-was-revoked-0123456789';
  await using started = await startProcess(1, { BYTEZ_API_KEY: testKey(1), TELEGRAM_BOT_TOKEN: revoked });
  expect(await started.exited).toBe(2);
  expect(started.printed()).toContain('Cannot talk to Telegram: it refused the bot token');
  expect(started.printed()).not.toContain('canary');
});
