import { expect, test } from 'vitest';
import { windowInHeaders, windowInWords, statedInBody } from '../../../src/providers/classification/stated-wait.ts';
import { complaintOf } from '../../../src/providers/classification/error-body.ts';

const nowMs = 1_790_000_000_000;
const minute = 60_000;
const day = 1_440 * minute;

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
  ['You have reached your limit of 50 requests per day.', 50, day],
  ['Rate limit: 100 per day', 100, day],
  ['Your plan allows 100 per day', 100, day],
  ['daily limit of 100 images. It resets at 00:00 UTC', 100, day],
  ['Daily request quota exceeded: 1,500', 1_500, day],
  ['Daily quota reached (200 requests)', 200, day],
  ['Free accounts may make 25 images daily', 25, day],
  ['You made 25 requests today, which is all of them', 25, day],
  ['max 10 per 12 hours', 10, day / 2],
  ['You have reached today’s limit of 40 requests.', 40, day],
  ['You have used all 100 of your daily requests.', 100, day],
  ['Free plan: 25 free generations per day', 25, day],
  ['Quota exceeded: 200/day', 200, day],
  ['Only 5 songs per day are allowed', 5, day],
  ['Each key may create 20 videos per hour', 20, 60 * minute],
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
  'daily limit of 100 credits',
  'all 100 of your daily credits are used',
  'Quota exceeded: 200 tokens per day',
  'today’s limit of $5 is reached',
  'daily limit of $5 reached',
  'You used 80% of your daily limit of 90% usage',
  'Your daily limit will reset in 3 hours',
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

const atMs = Date.UTC(2026, 10, 28, 22, 0, 0);
const epoch = atMs / 1_000;
const hourS = 3_600;

function seconds(body: unknown): number | undefined {
  const ms = statedInBody(complaintOf(429, body), atMs);
  return ms === undefined ? undefined : ms / 1_000;
}

test.each([
  ['Quota exceeded. Please retry in 3.2s.', 3.2],
  ['try again in 40s', 40],
  ['Please try again in 1m30s.', 90],
  ['Please try again in 7m12s. Visit https://platform.openai.com/account/rate-limits', 432],
  ['Please try again in 6ms.', 0.006],
  ['Your rate limit resets in ~30s.', 30],
  ['Retry after 60 seconds', 60],
  ['retry_after: 12s', 12],
  ['Please wait 2 minutes and 30 seconds before trying again', 150],
  ['Please wait for about 5 more minutes', undefined],
  ['You can try again in about 2 hours', 2 * hourS],
  ['Try again in 1 h, 5 min', hourS + 300],
  ['Try again in 1,200 seconds', 1_200],
  ['Retry-After: 3,600', hourS],
  ['Try again in 1,200.5 s', 1_200.5],
  ['Reset in 14 days', 14 * 24 * hourS],
  ['12s remaining until reset', 12],
  ['It resets at 00:00 UTC', 2 * hourS],
  ['resets at midnight UTC', 2 * hourS],
  ['Resets at 12 AM UTC', 2 * hourS],
  ['available again at 08:00 GMT', 10 * hourS],
  ['Quota resets at midnight Pacific time', 10 * hourS],
  ['next reset: 23:30', 1.5 * hourS],
  ['resets at 2026-11-29T00:00:00Z', 2 * hourS],
  ['resets at 2026-11-29T01:00:00+01:00', 2 * hourS],
  ['Your limit will reset on 2026-12-01 00:00 UTC', 50 * hourS],
  ['try again at Sun, 29 Nov 2026 00:00:00 GMT', 2 * hourS],
  [`reset at ${epoch + 90}`, 90],
  [`reset at ${atMs + 90_000}`, 90],
  ['retry after 2026-11-28T22:00:30Z', 30],
  ['Rate limited. Retry-After: 30', 30],
  ['wait_seconds=15', 15],
  ['try again in 00:01:30', 90],
  ['try again in 1h 2m 3s', hourS + 123],
  ['Please wait a minute before trying again', 60],
  ['Try again in a few seconds', undefined],
  ['Too many requests, try again later', undefined],
  ['limit 100 requests per 60 seconds', undefined],
  ['your video of 20 seconds is too long, try again', undefined],
  ['retry 3 times', undefined],
  ['a clock that shows 12:30 is not allowed', undefined],
])('statedInBody() reads "%s" as %s s', (words, expected) => {
  expect(seconds({ error: words })).toBe(expected);
});

test.each([
  [{ error: { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '12s' }] } }, 12],
  [{ error: { details: [{ retryDelay: { seconds: 12, nanos: 5 } }] } }, 12],
  [{ detail: 'Slow', retry_after: 12 }, 12],
  [{ detail: 'Slow', retry_after: '12' }, 12],
  [{ retryAfterMs: 2_500 }, 2.5],
  [{ error: { metadata: { headers: { 'X-RateLimit-Reset': String(atMs + 30_000) } } } }, 30],
  [{ resets_at: epoch + 90 }, 90],
  [{ error: { reset_at: '2026-11-29T00:00:00Z' } }, 2 * hourS],
  [{ error: 'Model is loading', estimated_time: 20.5 }, 20.5],
  [{ quotaResetDelay: '1h2m3s' }, hourS + 123],
  [{ resets_at: epoch - 90 }, undefined],
  [{ retry_after: -1 }, undefined],
  [{ retry: true, reset: null, limit_reset: 'monthly' }, undefined],
])('statedInBody() reads %j as %s s', (body, expected) => {
  expect(seconds(body)).toBe(expected);
});
