import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytezFailures } from '../../../src/providers/bytez/failure-table.ts';
import { classifyByTable } from '../../../src/providers/classification/classify.ts';
import { complaintOf, readComplaint } from '../../../src/providers/classification/error-body.ts';
import { runs } from '../../support/property-runs.ts';

const classify = classifyByTable(bytezFailures);

/** What a statement is about, and what is said of it. */
const statements = {
  'out-of-credit': {
    subjects: ['credits', 'credit balance', 'account balance', 'quota', 'prepaid credits', 'billing hard limit'],
    states: ['insufficient', 'not enough', 'exhausted', 'depleted', 'used up', 'reached', 'exceeded'],
  },
  rejected: {
    subjects: ['API key', 'api key', 'access token', 'bearer token', 'credentials', 'API token'],
    states: ['invalid', 'expired', 'revoked', 'not valid', 'incorrect', 'disabled', 'missing'],
  },
  refused: {
    subjects: ['prompt', 'content', 'input text', 'description', 'topic', 'image'],
    states: ['not allowed', 'blocked', 'rejected', 'flagged', 'prohibited', 'inappropriate', 'forbidden'],
  },
  'blocks-this-machine': {
    subjects: ['your IP address', 'this IP', 'VPN', 'automated requests', 'your network'],
    states: ['blocked', 'banned', 'not allowed', 'blacklisted', 'restricted'],
  },
} as const;

const reasons = Object.keys(statements) as (keyof typeof statements)[];
const orders: readonly ((subject: string, state: string) => string)[] = [
  (subject, state) => `${subject} ${state}`,
  (subject, state) => `${state} ${subject}`,
  (subject, state) => `${state}: ${subject}`,
  (subject, state) => `The ${subject} is ${state}`,
  (subject, state) => `Your ${subject} has been ${state}, sorry`,
  (subject, state) => `Sorry — ${state} (${subject})`,
  (subject, state) => `${subject}, as we found, ${state}`,
  (subject, state) => `“${subject}” ${state}！`,
];
const casings: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => text.replaceAll(' ', '_'),
  (text) => text.replaceAll(' ', '  \u200b'),
  (text) => text.replace(/ ([a-z])/g, (_, letter: string) => letter.toUpperCase()),
];
const bodies: readonly ((text: string) => unknown)[] = [
  (text) => ({ error: text }),
  (text) => ({ error: { message: text } }),
  (text) => ({ detail: [{ msg: text }] }),
  (text) => ({ message: text }),
  (text) => ({ errors: [text] }),
  (text) => ({ error: JSON.stringify({ error: { message: text } }) }),
];
/** Sentences that say nothing of their own. */
const besides = [
  '',
  'Please see our documentation.',
  'Hello!',
  'Have a look at https://example.com/docs.',
  'Thank you. ',
];

const anyStatement = fc.constantFrom(...reasons).chain((reason) =>
  fc.record({
    reason: fc.constant(reason),
    subject: fc.constantFrom(...statements[reason].subjects),
    state: fc.constantFrom(...statements[reason].states),
    order: fc.constantFrom(...orders),
    casing: fc.constantFrom(...casings),
    body: fc.constantFrom(...bodies),
    before: fc.constantFrom(...besides),
    after: fc.constantFrom(...besides),
    status: fc.constantFrom(400, 403, 200),
  }),
);

test('the meaning of a statement does not depend on its order, its case, its separators or its wrapping', () => {
  fc.assert(
    fc.property(anyStatement, ({ reason, subject, state, order, casing, body, before, after, status }) => {
      const words = `${before} ${casing(order(subject, state))}. ${after}`.trim();
      const failure = classify(complaintOf(status, body(words)));
      expect({ words, reason: failure.reason }).toEqual({ words, reason });
    }),
    { numRuns: runs(3_000) },
  );
});

test('a subject and a state of two sentences make no statement', () => {
  const strangers = fc
    .constantFrom(...reasons)
    .chain((reason) =>
      fc.tuple(fc.constantFrom(...statements[reason].subjects), fc.constantFrom(...statements[reason].states)),
    );
  fc.assert(
    fc.property(strangers, ([subject, state]) => {
      for (const words of [`Here is the ${subject}. The lift is ${state}.`, `Mild, ${state} weather！The ${subject}`]) {
        expect({ words, ...classify(complaintOf(400, { error: words })) }).toMatchObject({
          words,
          reason: 'bad-request',
        });
      }
    }),
    { numRuns: runs(500) },
  );
});

test('a status alone is never sure of a key, a model or a request, except for 401', () => {
  const unknown = fc.stringMatching(/^[b-df-hj-np-tv-z ]{0,60}$/);
  fc.assert(
    fc.property(fc.constantFrom(400, 402, 403, 404, 410, 413, 422, 429, 451), unknown, (status, words) => {
      const { blame, sureness = 'sure' } = classify(readComplaint(status, Buffer.from(words)));
      expect({ status, words, blame, isSure: sureness === 'sure' && blame !== 'provider' }).toMatchObject({
        isSure: false,
      });
    }),
    { numRuns: runs(500) },
  );
});
