import { HttpError } from 'grammy';
import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import { Secret } from '../../src/kit/secret.ts';
import { createLogger, emitTo } from '../../src/observability/logger.ts';
import { createRedactor } from '../../src/observability/redaction/redactor.ts';
import { everyEvent, job, key } from './every-event.ts';

const token = '123456789:AAF-abc_defghijklmnopqrstuvwxyz01';
const apiKey = 'canary"provider\\key-1234567890';

function aLogger(
  options: {
    level?: 'trace' | 'info' | 'warn' | 'silent';
    terminal?: { hasColours: boolean };
    secrets?: string[];
  } = {},
) {
  const lines: string[] = [];
  const secrets = options.secrets ?? [token, apiKey];
  const logger = createLogger({
    level: options.level ?? 'trace',
    redactor: createRedactor(secrets.map((secret) => new Secret(secret))),
    destination: { write: (line: string) => void lines.push(line) },
    ...(options.terminal === undefined ? {} : { terminal: options.terminal }),
  });
  const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, lines, entries };
}

test('emitTo() writes one line an event with its facts as fields and its line as the message', () => {
  const { logger, entries } = aLogger();
  const event: AppEvent = {
    event: 'attempt.failed',
    jobId: job,
    keyId: key,
    keyName: 'bytez #2',
    attempt: 1,
    of: 3,
    model: 'org/model',
    ms: 210,
    failure: { blame: 'key', reason: 'rate-limited', retryAfterMs: 30_000, detail: 'asked to wait' },
  };
  emitTo(logger)(event);
  expect(entries()).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      event: 'attempt.failed',
      jobId: job,
      keyId: key,
      keyName: 'bytez #2',
      attempt: 1,
      of: 3,
      model: 'org/model',
      ms: 210,
      blame: 'key',
      reason: 'rate-limited',
      retryAfterMs: 30_000,
      detail: 'asked to wait',
      msg: 'attempt 1/3 bytez #2: rate-limited',
    },
  ]);
});

test('emitTo() has a level and a message for every event', () => {
  const { logger, entries } = aLogger();
  const emit = emitTo(logger);
  for (const event of everyEvent) emit(event);
  expect(entries().map((entry) => entry['event'])).toEqual(everyEvent.map((event) => event.event));
  const levels = new Map(entries().map((entry) => [entry['event'], entry['level']]));
  expect(levels.get('attempt.succeeded')).toBe('info');
  expect(levels.get('key.changed')).toBe('warn');
  expect(levels.get('breaker.opened')).toBe('error');
  for (const entry of entries()) expect(entry['msg']).toMatch(/\S/);
});

test('emitTo() names the event when there is no line, and the state of a key in one field', () => {
  const { logger, entries } = aLogger();
  const emit = emitTo(logger);
  emit({ event: 'app.recovered', handedBack: 0, setAside: 0, undelivered: 0 });
  emit({ event: 'key.changed', keyId: key, keyName: 'bytez #1', state: { kind: 'ready' } });
  expect(entries()[0]).toMatchObject({ msg: 'app.recovered' });
  expect(entries()[1]).toMatchObject({ state: 'ready', level: 'info', msg: 'key bytez #1: ready' });
});

test('emitTo() keeps an error as its description and frames', () => {
  const { logger, entries } = aLogger();
  emitTo(logger)({ event: 'app.error', what: 'claim the next job of bytez', error: new Error(`no ${apiKey}`) });
  expect(entries()[0]).toMatchObject({
    level: 'error',
    msg: 'Cannot claim the next job of bytez: Error: no [redacted]',
    error: { description: 'Error: no [redacted]', stack: expect.stringMatching(/^at /) },
  });
});

test('emitTo() never throws, even when nothing can be written', () => {
  const logger = createLogger({
    level: 'info',
    redactor: createRedactor([]),
    destination: {
      write: () => {
        throw new Error('disk full');
      },
    },
  });
  expect(() => emitTo(logger)({ event: 'app.stopping', running: 0 })).not.toThrow();
});

test('createLogger() writes nothing below its level', () => {
  const { logger, lines } = aLogger({ level: 'warn' });
  logger.info('not this');
  logger.warn('this');
  expect(lines).toHaveLength(1);
});

test('createLogger() redacts every canary, whatever is logged and however it is nested (K10, K11)', () => {
  const { logger, lines, entries } = aLogger();
  const address = `https://api.telegram.org/bot${token}/sendMessage`;
  const http = new HttpError('Network request failed', Object.assign(new Error(address), { url: address, apiKey }));
  const wrapped = new Error(`refused ${apiKey}`, { cause: http });
  logger.error(wrapped);
  logger.error({ err: wrapped }, 'with %s and %o', apiKey, { apiKey });
  logger.error({ error: http, [apiKey]: apiKey, deep: { list: [apiKey, { again: [JSON.stringify({ apiKey })] }] } });
  logger.info({ url: `x?key=${encodeURIComponent(apiKey)}`, basic: Buffer.from(`u:${apiKey}`).toString('base64') });
  logger.info({ headers: { authorization: `Key ${apiKey}` }, secret: new Secret(apiKey) }, `${token} ${apiKey}`);
  logger.child({ apiKey, token }).fatal(`split ${apiKey.slice(0, 9)}\x00${apiKey.slice(9)}`);
  expect(entries()).toHaveLength(6);
  const all = lines.join('');
  for (const canary of ['canary', '1234567890', 'AAF-abc', Buffer.from('canary').toString('base64').slice(0, 7)]) {
    expect(all).not.toContain(canary);
  }
  expect(all).toContain('[redacted]');
});

test('a secret in two halves of one line is found, with control characters between them or not (K13)', () => {
  const lines: string[] = [];
  const redactor = createRedactor([new Secret('canary-secret-key-of-the-tests')]);
  const logger = createLogger({ level: 'info', redactor, destination: { write: (line) => void lines.push(line) } });
  logger.info('canary-secret\0-key-of\x1b-the-tests and %s%s', 'canary-secret-key', '-of-the-tests');
  expect(lines.join('')).not.toMatch(/canary|of-the-tests/);
});

test('createLogger() logs an error as its description and frames', () => {
  const { logger, entries } = aLogger();
  logger.error({ err: new TypeError('fetch failed', { cause: new Error('no route') }) }, 'asked');
  expect(entries()[0]).toMatchObject({
    msg: 'asked',
    err: { description: 'TypeError: fetch failed, because of Error: no route', stack: expect.stringMatching(/^at /) },
  });
});

test('createLogger() writes valid JSON when a secret looks like the line’s own syntax or numbers', () => {
  const secrets = ['"level":"info"', 'nnewline', '"info","time"', 'time', '"}\n{"level":"error"'];
  const { logger, lines } = aLogger({ secrets });
  logger.info({ text: 'a\nnewline and "level":"info" and "}\n{"level":"error"' }, 'msg');
  expect(lines).toHaveLength(1);
  const entry = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  expect(entry['level']).toBe('info');
  expect(entry['text']).toBe('a\nnewline and [redacted] and [redacted]');
});

test('createLogger() redacts lines for a terminal too', () => {
  const { logger, lines } = aLogger({ terminal: { hasColours: false } });
  emitTo(logger)({ event: 'config.warning', text: `found ${apiKey}\x1b[2J` });
  const all = lines.join('');
  expect(all).toContain('WARN environment: found [redacted]');
  expect(all).not.toContain('canary');
  expect(all).not.toContain('\x1b');
});

test('createLogger() writes one line of words an event for a terminal, with frames only below what no rule foresees', () => {
  const { logger, lines } = aLogger({ terminal: { hasColours: false } });
  const emit = emitTo(logger);
  emit({ event: 'job.accepted', jobId: job, kind: 'image', lane: 'free', ahead: 0 });
  emit({ event: 'job.cancelled', jobId: job });
  emit({ event: 'app.error', what: 'claim the next job', error: new Error('a bug') });
  expect(lines.slice(0, 2).map((line) => line.replace(/^\d\d:\d\d:\d\dZ/, 'TIME'))).toEqual([
    `TIME  job ${job} accepted: image, free lane, 0 ahead\n`,
    `TIME  job ${job} cancelled\n`,
  ]);
  expect(lines[2]).toMatch(/^\d\d:\d\d:\d\dZ  ERROR Cannot claim the next job: Error: a bug\n {11}at /);
});

test('createLogger() colours a warning for a terminal that shows colours, and nothing else does', () => {
  const { logger, lines } = aLogger({ terminal: { hasColours: true } });
  logger.warn('careful');
  expect(lines[0]).toMatch(/\x1b\[33mWARN careful\x1b\[39m\n$/);
});
