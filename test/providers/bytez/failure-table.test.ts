import { expect, test } from 'vitest';
import { failureTraits } from '../../../src/domain/failure.ts';
import { bytezFailures } from '../../../src/providers/bytez/failure-table.ts';
import { classifyByTable } from '../../../src/providers/classification/classify.ts';
import { knownPhrases } from '../../../src/providers/classification/phrases.ts';
import { workedMs } from '../../support/worked-ms.ts';

const classify = classifyByTable(bytezFailures);

function meaning(status: number, words: string) {
  const failure = classify({ status, words, codes: [], types: [], isHtml: false }, undefined);
  return [failure.blame, failure.reason, failure.sureness ?? 'sure'];
}

test.each([
  ['401 stays a rejected key in unknown words', 401, 'Nothing here for you', 'key', 'rejected', 'sure'],
  ['401 goes by its words where they tell of money', 401, 'Insufficient credits', 'key', 'out-of-credit', 'likely'],
  ['404 stays an unknown model', 404, 'Unauthorized', 'model', 'unknown-model', 'likely'],
  ['a 5xx stays the fault of the provider', 503, 'Out of credits', 'provider', 'overloaded', 'sure'],
  ['quota comes before the rate', 429, 'Rate limit exceeded: quota used up', 'key', 'out-of-credit', 'likely'],
  ['concurrency comes before the rate', 429, 'Too many requests: concurrency 1', 'key', 'concurrency', 'likely'],
  ['the rate comes before the plan', 429, 'Rate limit of the free tier for this model', 'key', 'rate-limited', 'sure'],
  ['a plan for one run is about runs', 429, 'Rejected: your plan allows for 1', 'key', 'concurrency', 'likely'],
  ['a plain 403 stays a rejected key', 403, 'Access denied', 'key', 'rejected', 'likely'],
  ['a 403 that names the key is about the key', 403, 'Invalid API key for this model', 'key', 'rejected', 'likely'],
  [
    'a 400 about a credit card is about the request',
    400,
    'Cannot draw a credit card',
    'request',
    'bad-request',
    'guess',
  ],
  ['a 400 that speaks of time is not about the person', 400, 'Upstream timed out', 'provider', 'timed-out', 'guess'],
] as const)('the table of Bytez: %s', (_name, status, words, blame, reason, sureness) => {
  expect(meaning(status, words)).toEqual([blame, reason, sureness]);
});

test.each([
  'This model requires a paid plan',
  "Model 'black-forest-labs/FLUX.1-dev' is only available to subscribers",
  'Upgrade to run models of this size',
  'Your plan does not include it',
  'You do not have access to the model a/b',
  'The project does not have permission to use model a/b',
  'The model a/b is not enabled for this organization',
  'Access to model a/b was granted to others; for you access denied to this model',
  'Your organization must be verified to use the model a/b',
  'Not available in your region',
  'Country, region, or territory not supported',
])('the table of Bytez: "%s" is about the key with this model', (words) => {
  expect(meaning(403, words)).toEqual(['key', 'not-entitled', 'likely']);
  expect(failureTraits['not-entitled']).toEqual({ scope: 'key-and-model', action: 'rotate' });
});

test.each([
  'Your request was rejected as a result of our safety system',
  'NSFW content detected',
  'The prompt was flagged',
  'Blocked by moderation',
  'Prohibited content',
])('the table of Bytez: "%s" ends the request and blames no key, whatever the status', (words) => {
  for (const status of [200, 400, 403, 413, 422, 451])
    expect(meaning(status, words).slice(0, 2)).toEqual(['request', 'refused']);
});

test('the table of Bytez asks in the order of the statuses and knows none twice', () => {
  const ranges = bytezFailures.statuses.map(({ from, to = from }) => [from, to] as const);
  const ends = [199, ...ranges.map(([, to]) => to)];

  for (const [index, [from, to]] of ranges.entries()) {
    expect(from).toBeGreaterThan(ends[index] ?? Infinity);
    expect(to).toBeGreaterThanOrEqual(from);
  }
});

const parts = [
  'out of ',
  'model ',
  'plan model ',
  'a '.repeat(4),
  'unauthorized!',
  'insufficient_',
  'exceed your ',
  'safety_',
  'not access ',
  ' ',
  'a',
];
const phrases = Object.entries(knownPhrases).flatMap(([name, { says }]) => parts.map((part) => ({ name, part, says })));

test.each(phrases)('the phrase $name reads 50 KB of "$part" in a moment (H23)', ({ part, says }) => {
  const words = part.repeat(50_000 / part.length);
  expect(workedMs(() => says.test(words))).toBeLessThan(250);
});
