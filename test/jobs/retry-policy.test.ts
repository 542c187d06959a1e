import { expect, test } from 'vitest';
import { type AttemptFailure, type FailureReason, failureTraits } from '../../src/domain/failure.ts';
import { codeFor, decide, type Decision, type JobFailureCode } from '../../src/jobs/retry-policy.ts';

const rules = { maxAttempts: 3, delayMs: 2_000 };
const full = () => 1;
const wait = (ms: number, perhapsTheKey: boolean, isStated = false): Decision => ({
  kind: 'back-off',
  ms,
  isStated,
  perhapsTheKey,
});
const nextCandidate: Decision = { kind: 'next-candidate', coolModel: false };

const table: readonly (readonly [AttemptFailure, number, Decision])[] = [
  [{ blame: 'key', reason: 'rejected', detail: '' }, 0, { kind: 'next-key' }],
  [{ blame: 'key', reason: 'out-of-credit', detail: '' }, 2, { kind: 'next-key' }],
  [{ blame: 'key', reason: 'not-entitled', detail: '' }, 2, { kind: 'next-key' }],
  [{ blame: 'key', reason: 'rate-limited', retryAfterMs: 9_000, detail: '' }, 0, { kind: 'next-key' }],
  [{ blame: 'key', reason: 'concurrency', detail: '' }, 0, { kind: 'next-key' }],
  [{ blame: 'model', reason: 'unknown-model', detail: '' }, 0, { kind: 'next-candidate', coolModel: true }],
  [{ blame: 'request', reason: 'refused', detail: '' }, 0, { kind: 'give-up', code: 'refused' }],
  [{ blame: 'request', reason: 'bad-request', detail: '' }, 0, { kind: 'give-up', code: 'bad-request' }],
  [{ blame: 'provider', reason: 'overloaded', detail: '' }, 1, wait(2_000, true)],
  [{ blame: 'provider', reason: 'timed-out', detail: '' }, 2, wait(4_000, true)],
  [{ blame: 'provider', reason: 'unreachable', detail: '' }, 1, wait(2_000, true)],
  [{ blame: 'provider', reason: 'malformed', detail: '' }, 1, wait(2_000, true)],
  [{ blame: 'provider', reason: 'blocks-this-machine', detail: '' }, 1, wait(2_000, false)],
  [{ blame: 'provider', reason: 'failed-run', detail: '' }, 1, wait(2_000, false)],
  [{ blame: 'provider', reason: 'unrecognized', detail: '' }, 1, wait(2_000, false)],
  [{ blame: 'provider', reason: 'overloaded', retryAfterMs: 20_000, detail: '' }, 1, wait(20_000, false, true)],
  [{ blame: 'provider', reason: 'malformed', detail: '' }, 3, nextCandidate],
  [{ blame: 'provider', reason: 'unrecognized', detail: '' }, 3, nextCandidate],
  [{ blame: 'provider', reason: 'result-unavailable', detail: '' }, 2, wait(4_000, false)],
  [{ blame: 'provider', reason: 'result-forbidden', detail: '' }, 1, nextCandidate],
  [{ blame: 'provider', reason: 'result-unusable', detail: '' }, 1, nextCandidate],
  [{ blame: 'provider', reason: 'result-too-large', detail: '' }, 1, nextCandidate],
];

test.each(table)('decide(%o) after %i attempts', (failure, attempts, expected) => {
  expect(decide(failure, attempts, rules, full)).toEqual(expected);
});

test('decide() has a row here for every reason', () => {
  const reasons = new Set(table.map(([{ reason }]) => reason));
  expect([...reasons].sort()).toEqual(Object.keys(failureTraits).sort());
});

test('decide() backs off at least half of the full wait and never over 30 s', () => {
  const failure: AttemptFailure = { blame: 'provider', reason: 'overloaded', detail: '' };
  const waits = [1, 2, 3, 4, 5, 9].map((attempts) => decide(failure, attempts, { ...rules, maxAttempts: 99 }, () => 0));
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000].map((ms) => wait(ms, true)));
});

const codes: readonly (readonly [FailureReason, JobFailureCode])[] = [
  ['rejected', 'keys-being-set-up'],
  ['not-entitled', 'keys-being-set-up'],
  ['out-of-credit', 'out-of-credit'],
  ['rate-limited', 'busy'],
  ['concurrency', 'busy'],
  ['unknown-model', 'model-unavailable'],
  ['timed-out', 'taking-longer'],
  ['unrecognized', 'provider-down'],
  ['result-too-large', 'too-large'],
  ['refused', 'refused'],
];

test.each(codes)('codeFor("%s") is "%s"', (reason, code) => {
  expect(codeFor(reason)).toBe(code);
});
