import { expect, test } from 'vitest';
import { isoTime, momentWords, spanWords } from '../../src/observability/quantities.ts';

const atMs = Date.UTC(2026, 0, 1, 12);

test.each([
  [-5, '0 ms'],
  [85.4, '85 ms'],
  [3_200, '3.2 s'],
  [45_000, '45 s'],
  [720_000, '12 min'],
  [5 * 3_600_000, '5 h'],
  [3 * 86_400_000, '3 days'],
])('spanWords() words %d ms as %s', (ms, words) => {
  expect(spanWords(ms)).toBe(words);
});

test('momentWords() adds the day of another day, and isoTime() clamps to the calendar', () => {
  expect(momentWords(atMs + 13 * 3_600_000, atMs)).toBe('2026-01-02 01:00:00 UTC (in 13 h)');
  expect(momentWords(atMs - 30_000, atMs)).toBe('11:59:30 UTC (30 s ago)');
  expect(isoTime(Number.MAX_VALUE)).toBe('+275760-09-13T00:00:00.000Z');
});
