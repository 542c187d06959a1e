import type { AttemptFailure, FailureCode } from '../domain/failure.ts';
import type { BackoffRules } from '../kit/backoff.ts';
import { backoffMs } from '../kit/backoff.ts';
import type { Random } from '../kit/random.ts';

/** A job makes at most this many provider calls in all, whatever the keys say. */
export const mostCalls = 50;
/** A wait up to this long happens inside the slot; a longer one parks the job. */
export const longestInsideWaitMs = 2_000;
const backoffCapMs = 30_000;

export type RetryRules = {
  /** Attempts a candidate. */
  readonly maxAttempts: number;
  readonly delayMs: number;
};

export type Decision =
  | { readonly kind: 'give-up'; readonly code: JobFailureCode }
  /** Another key at once; costs no attempt. */
  | { readonly kind: 'next-key' }
  | { readonly kind: 'next-candidate'; readonly restModel: boolean }
  | { readonly kind: 'back-off'; readonly ms: number };

export type JobFailureCode = Exclude<FailureCode, 'cancelled'>;

/** What follows a failed attempt. `attempts` counts those spent on this candidate, this one included. */
export function decide(failure: AttemptFailure, attempts: number, rules: RetryRules, random: Random): Decision {
  switch (failure.blame) {
    case 'request':
      return { kind: 'give-up', code: failure.reason };
    case 'key':
      return { kind: 'next-key' };
    case 'model':
      return { kind: 'next-candidate', restModel: true };
    case 'provider': {
      if (attempts >= rules.maxAttempts) return { kind: 'next-candidate', restModel: false };
      const atLeastMs = 'retryAfterMs' in failure ? (failure.retryAfterMs ?? 0) : 0;
      const backoff: BackoffRules = { baseMs: rules.delayMs, capMs: Math.max(backoffCapMs, rules.delayMs) };
      return { kind: 'back-off', ms: backoffMs(attempts, backoff, random, atLeastMs) };
    }
  }
}

const codes = {
  rejected: 'keys-being-set-up',
  'out-of-credit': 'out-of-credit',
  concurrency: 'busy',
  'rate-limited': 'busy',
  'unknown-model': 'model-unavailable',
  'timed-out': 'taking-longer',
  overloaded: 'provider-down',
  unreachable: 'provider-down',
  malformed: 'provider-down',
  'failed-run': 'provider-down',
  'result-unavailable': 'result-unavailable',
  'result-forbidden': 'result-unavailable',
  'result-unusable': 'result-unavailable',
  'result-too-large': 'too-large',
  'bad-request': 'bad-request',
  refused: 'refused',
} as const satisfies Record<AttemptFailure['reason'], JobFailureCode>;

/** What to tell the person when this was the last failure and nothing is left to try. */
export function codeFor(failure: AttemptFailure): JobFailureCode {
  return codes[failure.reason];
}
