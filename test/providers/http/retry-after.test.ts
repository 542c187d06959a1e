import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryAfterMs } from '../../../src/providers/http/retry-after.ts';

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
