import { expect, test } from 'vitest';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import { codeFor, decide, type Decision } from '../../src/generation/retry-rules.ts';

const rules = { maxAttempts: 3, delayMs: 2_000 };
const full = () => 1;

const table: readonly (readonly [AttemptFailure, number, Decision])[] = [
  [{ blame: 'key', reason: 'rejected', detail: '' }, 0, { kind: 'next-key' }],
  [{ blame: 'key', reason: 'out-of-credit', detail: '' }, 2, { kind: 'next-key' }],
  [{ blame: 'key', reason: 'rate-limited', retryAfterMs: 9_000, detail: '' }, 0, { kind: 'next-key' }],
  [{ blame: 'key', reason: 'concurrency', detail: '' }, 0, { kind: 'next-key' }],
  [{ blame: 'model', reason: 'unknown-model', detail: '' }, 0, { kind: 'next-candidate', restModel: true }],
  [{ blame: 'request', reason: 'refused', detail: '' }, 0, { kind: 'give-up', code: 'refused' }],
  [{ blame: 'request', reason: 'bad-request', detail: '' }, 0, { kind: 'give-up', code: 'bad-request' }],
  [{ blame: 'provider', reason: 'overloaded', detail: '' }, 1, { kind: 'back-off', ms: 2_000 }],
  [{ blame: 'provider', reason: 'timed-out', detail: '' }, 2, { kind: 'back-off', ms: 4_000 }],
  [{ blame: 'provider', reason: 'overloaded', retryAfterMs: 20_000, detail: '' }, 1, { kind: 'back-off', ms: 20_000 }],
  [{ blame: 'provider', reason: 'malformed', detail: '' }, 3, { kind: 'next-candidate', restModel: false }],
  [{ blame: 'provider', reason: 'result-unavailable', detail: '' }, 3, { kind: 'next-candidate', restModel: false }],
];

test.each(table)('decide(%o) after %i attempts', (failure, attempts, expected) => {
  expect(decide(failure, attempts, rules, full)).toEqual(expected);
});

test('decide() backs off at least half of the full wait and never over 30 s', () => {
  const failure: AttemptFailure = { blame: 'provider', reason: 'overloaded', detail: '' };
  const waits = [1, 2, 3, 4, 5, 9].map((attempts) => decide(failure, attempts, { ...rules, maxAttempts: 99 }, () => 0));
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000].map((ms) => ({ kind: 'back-off', ms })));
});

test('codeFor() has words for every reason', () => {
  expect(codeFor({ blame: 'key', reason: 'rejected', detail: '' })).toBe('keys-being-set-up');
  expect(codeFor({ blame: 'provider', reason: 'timed-out', detail: '' })).toBe('taking-longer');
  expect(codeFor({ blame: 'provider', reason: 'result-too-large', detail: '' })).toBe('too-large');
});
