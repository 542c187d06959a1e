import { expect, test } from 'vitest';
import { keyId } from '../../src/domain/ids.ts';
import type { KeyState } from '../../src/domain/key-state.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { aKey, aPool } from './builders.ts';
import { parseTelegramHtml, readText } from './telegram-html.ts';

const nowMs = Date.UTC(2026, 0, 1);
const catalog = loadCatalog();
const mapper = createMessageMapper(catalog);
const states: readonly KeyState[] = [
  { kind: 'ready' },
  { kind: 'suspect', reason: 'malformed', sinceMs: nowMs },
  { kind: 'cooling', sinceMs: nowMs, untilMs: nowMs + 30_000, reason: 'rate-limited', stated: true },
  { kind: 'cooling', sinceMs: nowMs, untilMs: nowMs + 30_000, reason: 'concurrency', stated: false },
  { kind: 'cooling', sinceMs: nowMs - 9, untilMs: nowMs - 5, reason: 'timed-out', stated: false },
  { kind: 'half-open', after: 'fails-alone', times: 1 },
  { kind: 'benched', probeAtMs: nowMs + 300_000, reason: 'rejected', times: 2, confirmed: true },
  { kind: 'benched', probeAtMs: nowMs + 60_000, reason: 'rejected', times: 1, confirmed: false },
  { kind: 'benched', probeAtMs: nowMs + 90_000_000, reason: 'out-of-credit', times: 5, confirmed: true },
  { kind: 'probing', reason: 'rejected', times: 1, confirmed: true },
  { kind: 'disabled' },
  { kind: 'benched', probeAtMs: nowMs + 3_600_000, reason: 'out-of-credit', times: 1, confirmed: false },
];

test('keys() counts first, then tells of each key what state it is in, why and until when', () => {
  const keys = states.map((state, index) => aKey(index + 1, { state }));
  const view = mapper.keys(aPool(keys, { nextWakeMs: nowMs + 30_000 }), nowMs, 'en');
  const lines = parseTelegramHtml(view.text).split('\n');
  expect(lines.slice(0, 2)).toEqual([
    '🔑 3/12 healthy · 3 cooling · 5 benched · 1 switched off',
    'The next one wakes in: 30 s',
  ]);
  expect(lines.filter((line) => line.startsWith('bytez'))).toEqual([
    'bytez #1 abcd…wxyz ✅ ready',
    'bytez #2 abcd…wxyz ❔ suspect (an unreadable answer)',
    'bytez #3 abcd…wxyz 🧊 cooling (too many calls), 30 s',
    'bytez #4 abcd…wxyz 🧊 cooling (busy with another call), up to 30 s',
    'bytez #5 abcd…wxyz 🧊 cooling (no answer in time), now',
    'bytez #6 abcd…wxyz 🌗 being tried (fails where others don’t)',
    'bytez #7 abcd…wxyz ⛔ benched (not accepted), next test: 5 min',
    'bytez #8 abcd…wxyz 🚧 refused (not accepted), being checked',
    'bytez #9 abcd…wxyz ⛔ benched (out of credit), next test: 25 h',
    'bytez #10 abcd…wxyz 🔎 being tested (not accepted)',
    'bytez #11 abcd…wxyz ⏸ switched off',
    'bytez #12 abcd…wxyz ⛔ benched (out of credit), next test: 60 min',
  ]);
  expect(view.rows.flat().map((button) => button.data)).toEqual(['keys:refresh', 'keys:test', 'keys:wake']);
});

test('keys() tells of each key how it fares, what went wrong last and with whom it shares an account', () => {
  const lastError = { reason: 'timed-out', atMs: nowMs - 240_000 } as const;
  const keys = [
    aKey(1, { account: keyId('id1'), inFlight: 1, lastError, consecutiveErrors: 2 }),
    aKey(2, { meanLatencyMs: 41_234, p95LatencyMs: 130_000 }),
    aKey(5, { meanLatencyMs: 1, p95LatencyMs: 94 }),
    aKey(3, { account: keyId('id1'), day: 1, lastError: { ...lastError, atMs: nowMs } }),
    aKey(4, { account: keyId('id1') }),
  ];
  expect(parseTelegramHtml(mapper.keys(aPool(keys), nowMs, 'en').text).split('\n')).toEqual([
    '🔑 5/5 healthy',
    'bytez #1 abcd…wxyz ✅ ready',
    '92% good · 5 today · ⌀ 2.1 s, p95 15 s · 1/1 in use',
    'last error: no answer in time, 4 min ago · 2 in a row · shares an account with #3, #4',
    'bytez #2 abcd…wxyz ✅ ready',
    '92% good · 5 today · ⌀ 41 s, p95 3 min · 0/1 in use',
    'bytez #5 abcd…wxyz ✅ ready',
    '92% good · 5 today · ⌀ 0.01 s, p95 0.09 s · 0/1 in use',
    'bytez #3 abcd…wxyz ✅ ready',
    '92% good · 0 today · ⌀ 2.1 s, p95 15 s · 0/1 in use',
    'last error: no answer in time, 1 s ago · shares an account with #1, #4',
    'bytez #4 abcd…wxyz ✅ ready',
    '92% good · 5 today · ⌀ 2.1 s, p95 15 s · 0/1 in use',
    'shares an account with #1, #3',
  ]);
});

test('keys() names only some of the many keys of one account', () => {
  const keys = Array.from({ length: 9 }, (_, index) => aKey(index + 1, { account: keyId('id1') }));
  expect(mapper.keys(aPool(keys), nowMs, 'en').text).toContain('shares an account with #2, #3, #4, #5, #6, …\n');
});

test('keys() of more keys than fit with all that is known has one line for each', () => {
  const lastError = { reason: 'timed-out', atMs: nowMs - 240_000 } as const;
  const keys = Array.from({ length: 60 }, (_, index) => aKey(index + 1, { lastError }));
  const [, ...lines] = parseTelegramHtml(mapper.keys(aPool(keys), nowMs, 'en').text).split('\n');
  expect(lines).toEqual(keys.map(({ name }) => `${name} abcd…wxyz ✅ ready · 92% good`));
});

test('keys() of a pool in good order says only that', () => {
  const keys = Array.from({ length: 11 }, (_, index) => aKey(index + 1));
  const view = mapper.keys(aPool(keys), nowMs, 'en');
  expect(parseTelegramHtml(view.text).split('\n')[0]).toBe('🔑 11/11 healthy');
  expect(view.rows.flat().map((button) => button.data)).toEqual(['keys:refresh', 'keys:test']);
});

test('keys() says of a key without a call that it was not used yet', () => {
  const { successRate: _rate, meanLatencyMs: _mean, p95LatencyMs: _p95, ...unused } = aKey(1, { calls: 0 });
  expect(mapper.keys(aPool([unused]), nowMs, 'en').text).toContain('✅ ready\nnot used yet · 0/1 in use');
});

test('keys() shows no part of a key where a server is asked without one', () => {
  const key = aKey(1, { name: 'openai #1', provider: 'openai', hint: '…', keyless: true });
  expect(parseTelegramHtml(mapper.keys(aPool([key]), nowMs, 'en').text)).toContain('openai #1 without a key ✅ ready');
});

test('keys() without a key says how to give one', () => {
  expect(mapper.keys(aPool([]), nowMs, 'en')).toEqual({
    text: expect.stringContaining('<code>BYTEZ_API_KEY</code>') as string,
    rows: [],
  });
});

test.each(catalog.locales)('keys() fits into one message however many keys there are: %s', (locale) => {
  const state = states[8] as KeyState;
  for (const total of [1, 30, 80, 1_000]) {
    const keys = Array.from({ length: total }, (_, index) =>
      aKey(index + 1, { state, calls: 1e9, hint: '<b>&', name: `bytez & <i>${index}` }),
    );
    const text = parseTelegramHtml(mapper.keys(aPool(keys), nowMs, locale).text);
    const shownLines = readText(text).split('\n');
    const shownKeys = shownLines.filter((line) => line.startsWith('bytez')).length;
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(shownKeys).toBeGreaterThanOrEqual(Math.min(total, 25));
    const tail = shownLines.at(-1) ?? '';
    expect(tail.startsWith('…') ? tail.replaceAll(/\D/g, '') : '0').toBe(String(total - shownKeys));
  }
});

test('keysTested() and keysWoken() are one plain line', () => {
  const results = [{ ok: true }, { ok: true }, { ok: false }];
  expect([
    mapper.keysTested(results, 'en'),
    mapper.keysTested([{ ok: false }], 'en'),
    mapper.keysWoken(0, 'en'),
    mapper.keysWoken(2, 'en'),
    mapper.keysTested(results, 'ru'),
  ]).toEqual([
    'Tested 3 keys: 2 are accepted. The test is free, so it sees neither credit nor limits.',
    'Tested 1 key: none is accepted. The test is free, so it sees neither credit nor limits.',
    'No key was benched.',
    'Woke 2 keys.',
    'Проверено 3 ключа: принято 2. Проверка бесплатна, поэтому не видит ни средств, ни лимитов.',
  ]);
});
