import { expect, test } from 'vitest';
import { windowInHeaders, windowInWords } from '../../../src/providers/classification/stated-window.ts';

const nowMs = 1_790_000_000_000;
const minute = 60_000;

test.each([
  ['Rate limit exceeded: 5 requests per 1 minute', 5, minute],
  ['Rate limit exceeded: 5 per 1 minute', 5, minute],
  ['You are limited to 20 API calls / minute.', 20, minute],
  ['limited to 5 in 1 minute', 5, minute],
  ['Too many requests: 5 requests in 1 minute are allowed', 5, minute],
  ['You can make at most 10 image generations every 30 seconds', 10, 30_000],
  ['The limit is 150 requests per 10 seconds', 150, 10_000],
  ['Your plan allows 3 requests/min', 3, minute],
  ['Rate limit reached in organization org-x on requests per min (RPM): Limit 3, Used 3, Requested 1.', 3, minute],
  ['You may send 1,000 requests per minute', 1_000, minute],
  ['Rate limit on requests per min (RPM): Limit 10,000, Used 10,000', 10_000, minute],
  ['Rate limit of 100 per hour reached', 100, 60 * minute],
  ['ограничено: 5 requests per minute', 5, minute],
])('windowInWords() reads %s', (words, limit, lengthMs) => {
  expect(windowInWords(words)).toEqual({ limit, lengthMs });
});

test.each([
  'Rate limit exceeded',
  'Too many requests. Try again in 1 minute',
  'Rate limit: 60 credits per minute exceeded',
  'Rate limit reached on tokens per min (TPM): Limit 30000, Used 29000',
  'Request was throttled. Your rate limit resets in ~30s.',
  'Error 429: retry after 5 seconds',
  'Rejected: your plan allows for 1 concurrency at a time',
  'limited to 2 images',
  'at most 1.5 requests per minute',
  'at most 10 050 requests per minute',
  'Limit: 1.050/min',
  'at most 0 requests per minute',
])('windowInWords() reads no calls in a span of time from "%s"', (words) => {
  expect(windowInWords(words)).toBeUndefined();
});

const counted = { limit: 5, remaining: 2, resetsAtMs: nowMs + 6 * minute };

test.each([
  [
    'OpenAI’s',
    { 'x-ratelimit-limit-requests': '5', 'x-ratelimit-remaining-requests': '2', 'x-ratelimit-reset-requests': '6m0s' },
  ],
  [
    'Anthropic’s',
    {
      'anthropic-ratelimit-requests-limit': '5',
      'anthropic-ratelimit-requests-remaining': '2',
      'anthropic-ratelimit-requests-reset': new Date(nowMs + 6 * minute).toISOString(),
    },
  ],
  ['plain', { 'ratelimit-limit': '5, 5;w=360', 'ratelimit-remaining': '2', 'ratelimit-reset': '360' }],
  [
    'OpenRouter’s',
    {
      'x-ratelimit-limit': '5',
      'x-ratelimit-remaining': '2',
      'x-ratelimit-reset': String(nowMs + 6 * minute),
    },
  ],
  [
    'a distant clock’s',
    {
      date: new Date(nowMs + 60 * minute).toUTCString(),
      'anthropic-ratelimit-requests-limit': '5',
      'anthropic-ratelimit-requests-remaining': '2',
      'anthropic-ratelimit-requests-reset': new Date(nowMs + 66 * minute).toISOString(),
    },
  ],
])('windowInHeaders() reads %s headers', (_whose, headers) => {
  expect(windowInHeaders(headers, nowMs)).toEqual(counted);
});

test.each([
  [
    'tokens alone',
    { 'x-ratelimit-limit-tokens': '9', 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1s' },
  ],
  ['no time', { 'ratelimit-limit': '5', 'ratelimit-remaining': '0' }],
  ['no number', { 'ratelimit-limit': 'NaN', 'ratelimit-remaining': '-1', 'ratelimit-reset': '60' }],
  ['a time that is none', { 'ratelimit-limit': '5', 'ratelimit-remaining': '0', 'ratelimit-reset': 'soon' }],
])('windowInHeaders() reads nothing from %s', (_what, headers) => {
  expect(windowInHeaders(headers, nowMs)).toBeUndefined();
});
