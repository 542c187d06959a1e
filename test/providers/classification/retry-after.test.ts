import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryAfterMs } from '../../../src/providers/classification/stated-wait.ts';

const nowMs = Date.UTC(2026, 0, 1);

test.each([
  [{}, undefined],
  [{ 'retry-after': '30' }, 30_000],
  [{ 'retry-after': ' 30 ' }, 30_000],
  [{ 'retry-after': '0' }, 1000],
  [{ 'retry-after': '1.5' }, 1500],
  [{ 'retry-after': '99999' }, 3_600_000],
  [{ 'retry-after': ['4', '9'] }, 4000],
  [{ 'retry-after': [] }, undefined],
  [{ 'retry-after': '-1' }, undefined],
  [{ 'retry-after': 'abc' }, undefined],
  [{ 'retry-after': 'Infinity' }, undefined],
  [{ 'retry-after': '1e9' }, undefined],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT' }, 10_000],
  [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 1000],
  [{ 'retry-after': 'Thu, 01 Jan 2099 00:00:00 GMT' }, 3_600_000],
  [{ 'retry-after-ms': '2500', 'retry-after': '9' }, 2500],
  [{ 'ratelimit-reset': '12' }, 12_000],
  [{ 'ratelimit-reset': String(nowMs / 1000 + 90) }, 90_000],
  [{ 'ratelimit-reset': String(nowMs / 1000 - 90) }, undefined],
  [{ 'ratelimit-reset': String(nowMs / 1000 + 99_999) }, undefined],
  [{ 'x-ratelimit-reset': '7' }, 7000],
  [{ 'retry-after': 'abc', 'ratelimit-reset': '12' }, 12_000],
])('retryAfterMs(%j) is %s (C15)', (headers, expected) => {
  expect(retryAfterMs(headers, nowMs)).toBe(expected);
});

/** The provider's clock is ten minutes ahead of ours. */
const theirMs = nowMs + 600_000;
const theirDate = new Date(theirMs).toUTCString();

test.each([
  [{ 'retry-after': new Date(theirMs + 3_000).toUTCString() }, 3_000],
  [{ 'retry-after': new Date(theirMs - 3_000).toUTCString() }, 1_000],
  [{ 'retry-after': String(theirMs / 1_000 + 40) }, 40_000],
  [{ 'x-ratelimit-reset': String(theirMs / 1_000 + 90) }, 90_000],
  [{ 'x-ratelimit-reset': String(theirMs + 90_000) }, 90_000],
  [{ 'anthropic-ratelimit-requests-reset': new Date(theirMs + 20_000).toISOString() }, 20_000],
  [{ 'retry-after': '30' }, 30_000],
])('retryAfterMs(%j) measures a moment from the date of the answer, not by our clock', (headers, expected) => {
  for (const date of [theirDate, [theirDate]]) expect(retryAfterMs({ ...headers, date }, nowMs)).toBe(expected);
});

test.each(['', 'yesterday', '-1', '0', 'Thu, 99 Foo 2026'])(
  'retryAfterMs() falls back to our clock for the date "%s"',
  (date) => {
    expect(retryAfterMs({ 'retry-after': new Date(nowMs + 3_000).toUTCString(), date }, nowMs)).toBe(3_000);
  },
);

test.each([
  [{ 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
  [{ 'x-ratelimit-reset-requests': '8.64s', 'x-ratelimit-remaining-requests': '0' }, 8_640],
  [{ 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-remaining-requests': '3' }, undefined],
  [
    {
      'x-ratelimit-reset-requests': '20s',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-tokens': '6m0s',
      'x-ratelimit-remaining-tokens': '150',
    },
    20_000,
  ],
  [{ 'x-ratelimit-reset-after': '4.5' }, 4_500],
  [{ 'x-rate-limit-reset': '9' }, 9_000],
  [{ ratelimit: 'limit=100, remaining=0, reset=50' }, 50_000],
  [{ ratelimit: '"default";r=0;t=50' }, 50_000],
  [{ 'retry-after': '12s' }, 12_000],
  [{ 'retry-after': new Date(nowMs + 7_000).toISOString() }, 7_000],
])('retryAfterMs(%j) is %s', (headers, expected) => {
  expect(retryAfterMs(headers, nowMs)).toBe(expected);
});

test('retryAfterMs() stays between a second and an hour, whatever the headers', () => {
  const anyValue = fc.oneof(fc.string(), fc.double().map(String), fc.date({ noInvalidDate: true }).map(String));
  fc.assert(
    fc.property(anyValue, (value) => {
      const ms = retryAfterMs({ 'retry-after': value, 'ratelimit-reset': value }, nowMs) ?? 1000;
      expect(ms).toBeGreaterThanOrEqual(1000);
      expect(ms).toBeLessThanOrEqual(3_600_000);
    }),
  );
});
