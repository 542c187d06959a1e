import { expect, test } from 'vitest';
import type { KeyState } from '../../src/domain/key-state.ts';
import { loadCatalog } from '../../src/messages/catalog.ts';
import { createMessageMapper } from '../../src/messages/message-mapper.ts';
import { aKey, aPool } from './builders.ts';
import { parseTelegramHtml } from './telegram-html.ts';

const nowMs = Date.UTC(2026, 0, 1);
const catalog = loadCatalog();
const mapper = createMessageMapper(catalog);
const states: readonly KeyState[] = [
  { kind: 'ready' },
  { kind: 'cooling', untilMs: nowMs + 30_000, reason: 'rate-limited' },
  { kind: 'cooling', untilMs: nowMs + 30_000, reason: 'concurrency' },
  { kind: 'cooling', untilMs: nowMs - 5, reason: 'timed-out' },
  { kind: 'benched', probeAtMs: nowMs + 300_000, reason: 'rejected', times: 2 },
  { kind: 'benched', probeAtMs: nowMs + 90_000_000, reason: 'out-of-credit', times: 5 },
  { kind: 'probing', reason: 'rejected', times: 1 },
  { kind: 'disabled' },
];

test('keys() counts first, then tells of each key what state it is in, why and until when', () => {
  const keys = states.map((state, index) => aKey(index + 1, { state, inFlight: index === 0 ? 1 : 0 }));
  const screen = mapper.keys(aPool(keys, { nextWakeMs: nowMs + 30_000 }), nowMs, 'en');
  const work = '12 calls, 1 error, 92% good';
  expect(parseTelegramHtml(screen.text).split('\n')).toEqual([
    '🔑 1/8 healthy · 3 cooling · 3 benched · 1 switched off',
    'The next one wakes in: 30 s',
    `bytez #1 abcd…wxyz ✅ ready · ${work} · 1/1 in use`,
    `bytez #2 abcd…wxyz 🧊 cooling (too many calls), 30 s · ${work} · 0/1 in use`,
    `bytez #3 abcd…wxyz 🧊 cooling (its seat was taken), 30 s · ${work} · 0/1 in use`,
    `bytez #4 abcd…wxyz 🧊 cooling (no answer in time), now · ${work} · 0/1 in use`,
    `bytez #5 abcd…wxyz ⛔ benched (not accepted), next test: 5 min · ${work} · 0/1 in use`,
    `bytez #6 abcd…wxyz ⛔ benched (out of credit), next test: 25 h · ${work} · 0/1 in use`,
    `bytez #7 abcd…wxyz 🔎 being tested (not accepted) · ${work} · 0/1 in use`,
    `bytez #8 abcd…wxyz ⏸ switched off · ${work} · 0/1 in use`,
  ]);
  expect(screen.rows.flat().map((button) => button.data)).toEqual(['keys:refresh', 'keys:test', 'keys:wake']);
});

test('keys() of a pool in good order says only that', () => {
  const keys = Array.from({ length: 11 }, (_, index) => aKey(index + 1));
  const screen = mapper.keys(aPool(keys), nowMs, 'en');
  expect(parseTelegramHtml(screen.text).split('\n')[0]).toBe('🔑 11/11 healthy');
  expect(screen.rows.flat().map((button) => button.data)).toEqual(['keys:refresh', 'keys:test']);
});

test('keys() says of a key without a call that it was not used yet', () => {
  const { successRate: _, ...unused } = aKey(1, { calls: 0, successes: 0, errors: {} });
  expect(mapper.keys(aPool([unused]), nowMs, 'en').text).toContain('✅ ready · not used yet · 0/1 in use');
});

test('keys() without a key says how to give one', () => {
  expect(mapper.keys(aPool([]), nowMs, 'en')).toEqual({
    text: expect.stringContaining('<code>BYTEZ_API_KEY</code>') as string,
    rows: [],
  });
});

test.each(catalog.locales)('keys() fits into one message however many keys there are: %s', (locale) => {
  const state = states[5] as KeyState;
  for (const total of [1, 30, 80, 1_000]) {
    const keys = Array.from({ length: total }, (_, index) =>
      aKey(index + 1, { state, calls: 1e9, hint: '<b>&', name: `bytez & <i>${index}` }),
    );
    const text = parseTelegramHtml(mapper.keys(aPool(keys), nowMs, locale).text);
    const shownKeys = text.split('\n').filter((line) => line.startsWith('bytez')).length;
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(shownKeys).toBeGreaterThanOrEqual(Math.min(total, 25));
    const tail = text.split('\n').at(-1) ?? '';
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
    'Tested 3 keys: 2 work.',
    'Tested 1 key: none works.',
    'No key was benched.',
    'Woke 2 keys.',
    'Проверено 3 ключа: работают 2.',
  ]);
});
