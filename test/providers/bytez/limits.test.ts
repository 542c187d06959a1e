import { expect, test } from 'vitest';
import { askFor } from './ask-bytez.ts';

const atMs = Date.UTC(2026, 10, 28, 22, 0, 0);
const date = `date: ${new Date(atMs).toUTCString()}\r\n`;
const hourMs = 3_600_000;

/** Status, body, further headers; then the reason and the wait that come of them. */
const table: readonly (readonly [number, unknown, string, string, number | undefined])[] = [
  [429, 'Quota exceeded for metric: requests per minute. Please retry in 3.2s', '', 'rate-limited', 3_200],
  [429, 'Quota exceeded for metric: requests per minute', 'retry-after: 3\r\n', 'rate-limited', 3_000],
  [429, 'You exceeded your current quota, please check your plan', 'retry-after: 3\r\n', 'rate-limited', 3_000],
  [429, 'You exceeded your current quota, please check your plan', '', 'out-of-credit', undefined],
  [429, { message: 'Quota exceeded', details: [{ retryDelay: '12s' }] }, '', 'rate-limited', 12_000],
  [429, { message: 'Quota exceeded', reset_at: atMs / 1_000 + 90 }, '', 'rate-limited', 90_000],
  [429, 'Rate limit: 60 credits per minute exceeded', '', 'rate-limited', undefined],
  [429, 'Too many requests. Add a payment method to raise the limit', '', 'rate-limited', undefined],
  [429, 'Quota exceeded', `x-ratelimit-reset: ${atMs + 30_000}\r\n`, 'rate-limited', 30_000],
  [403, 'Quota exceeded', 'retry-after: 20\r\n', 'rate-limited', 20_000],
  [400, 'Quota exceeded, try again in 40s', '', 'rate-limited', 40_000],
  [429, { message: 'Stop', code: 'insufficient_quota' }, 'retry-after: 3\r\n', 'out-of-credit', undefined],
  [429, 'Your credit balance is too low', 'retry-after: 3\r\n', 'out-of-credit', undefined],
  [402, 'Payment Required', 'retry-after: 3\r\n', 'out-of-credit', undefined],
  [429, 'You have reached your daily limit of 100 images. It resets at 00:00 UTC', '', 'out-of-credit', 2 * hourMs],
  [429, 'daily limit of 100 images. It resets at 00:00 UTC', 'retry-after: 5\r\n', 'out-of-credit', 2 * hourMs],
  [429, 'limit of 100 images per day', 'retry-after: 7200\r\n', 'out-of-credit', 2 * hourMs],
  [429, 'limit of 100 images per day', '', 'out-of-credit', undefined],
  [429, { message: 'Daily limit reached', reset_at: '2026-11-29T00:00:00Z' }, '', 'out-of-credit', 2 * hourMs],
  [
    429,
    { message: 'Rate limit exceeded: free-models-per-day', code: 429 },
    `x-ratelimit-reset: ${atMs + 2 * hourMs}\r\n`,
    'out-of-credit',
    2 * hourMs,
  ],
  [429, 'Monthly limit reached, resets on 2026-12-01 00:00 UTC', '', 'out-of-credit', 24 * hourMs],
  [429, 'limit reached, try again in 1 day', '', 'out-of-credit', 24 * hourMs],
  [429, 'Rate limit exceeded. Try again in 3 hours', '', 'out-of-credit', 3 * hourMs],
  [429, 'Requests per minute exceeded. Quota resets daily at 00:00 UTC', 'retry-after: 3\r\n', 'rate-limited', 3_000],
  [429, 'Daily limit reached. It resets at 22:10 UTC', '', 'rate-limited', 600_000],
  [403, 'Daily limit reached. It resets at midnight UTC', '', 'out-of-credit', 2 * hourMs],
  [200, 'Daily limit of 100 images reached. Resets in 2h', '', 'out-of-credit', 2 * hourMs],
  [429, 'Rate limit exceeded', 'retry-after: 7200\r\n', 'rate-limited', hourMs],
  [503, 'The model is loading, try again in 20s', '', 'overloaded', 20_000],
  [503, 'Busy', 'retry-after: 9\r\n', 'overloaded', 9_000],
];

test.each(table)('%i with %j and "%s" means %s, for %s ms', async (status, error, headers, reason, retryAfterMs) => {
  const reply = await askFor(status, JSON.stringify({ error }), `${date}${headers}`);

  const failure = reply.ok ? {} : reply.failure;
  expect({ retryAfterMs: undefined, ...failure }).toMatchObject({ reason, retryAfterMs });
});

test.each([
  [
    'This request requires more credits, or fewer max_tokens. You requested up to 4000, but can only afford 12',
    'this-price',
  ],
  ['Insufficient credits for this generation: 40 required, 12 available', 'this-price'],
  ['You need 24 credits, your balance is 13: not enough credits', 'this-price'],
  ['The estimated cost exceeds your balance. Insufficient funds', 'this-price'],
  ['Not enough credits to run this model', 'this-price'],
  ['Out of credits', 'all'],
  ['Your balance is 0. Insufficient balance', 'all'],
  ['Exhausted balance. Top up', 'all'],
  ['Credits used up: can only afford 0', 'all'],
  ['Billing hard limit has been reached', 'all'],
  ['Insufficient credits', undefined],
  ['Payment Required', undefined],
])('402 with "%s" lacks credit for %s', async (error, credit) => {
  const reply = await askFor(402, JSON.stringify({ error }));

  const failure = reply.ok ? {} : reply.failure;
  expect({ credit: undefined, ...failure }).toMatchObject({ reason: 'out-of-credit', credit });
});
