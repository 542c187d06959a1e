import {
  type AttemptFailure,
  type FailureCode,
  type FailureReason,
  failureTraits,
  isDoubtful,
} from '../domain/failure.ts';
import { type BackoffRules, backoffMs, type Random } from '../kit/backoff.ts';

/** A job makes at most this many provider calls in total, without probes. */
export const maxCalls = 50;
/** A wait up to this long happens inside the slot; a longer one parks the job. */
export const maxInSlotWaitMs = 2_000;
const backoffCapMs = 30_000;

export type RetryRules = {
  /** Attempts per candidate. */
  readonly maxAttempts: number;
  readonly delayMs: number;
  /** What follows a refusal of the content: the end, when absent, or the next candidate. */
  readonly onRefusal?: 'end' | 'next';
};

export type Decision =
  | { readonly kind: 'give-up'; readonly code: JobFailureCode }
  /** Tries another key at once; costs no attempt. */
  | { readonly kind: 'next-key' }
  | { readonly kind: 'next-candidate'; readonly coolModel: boolean }
  /** `perhapsTheKey`: if another key of the provider works, it may be tried at once instead. */
  | {
      readonly kind: 'back-off';
      readonly ms: number;
      /** The provider stated the time. */
      readonly isStated: boolean;
      readonly perhapsTheKey: boolean;
    };

export type JobFailureCode = Exclude<FailureCode, 'cancelled'>;

/** Returns what follows a failed attempt. `attempts` counts those on this candidate, this one included. */
export function decide(failure: AttemptFailure, attempts: number, rules: RetryRules, random: Random): Decision {
  switch (failureTraits[failure.reason].action) {
    case 'fail':
      if (failure.reason === 'refused' && rules.onRefusal === 'next')
        return { kind: 'next-candidate', coolModel: false };
      return { kind: 'give-up', code: codes[failure.reason] };
    case 'rotate':
      return { kind: 'next-key' };
    case 'next-candidate':
      // A result that cannot be used says nothing of the model's next request.
      return { kind: 'next-candidate', coolModel: failure.reason === 'unknown-model' };
    case 'wait': {
      if (attempts >= rules.maxAttempts) return { kind: 'next-candidate', coolModel: false };
      const askedMs = 'retryAfterMs' in failure ? (failure.retryAfterMs ?? 0) : 0;
      const backoff: BackoffRules = { baseMs: rules.delayMs, capMs: Math.max(backoffCapMs, rules.delayMs) };
      return {
        kind: 'back-off',
        ms: backoffMs(attempts, backoff, random, askedMs),
        isStated: askedMs > 0,
        perhapsTheKey: askedMs === 0 && perhapsTheKeys.has(failure.reason),
      };
    }
  }
}

/** Provider faults that a single bad key, its account or its route may cause as well. */
const perhapsTheKeys: ReadonlySet<FailureReason> = new Set(['unreachable', 'malformed', 'timed-out', 'overloaded']);

const codes = {
  rejected: 'keys-being-set-up',
  'not-entitled': 'keys-being-set-up',
  'out-of-credit': 'out-of-credit',
  concurrency: 'busy',
  'rate-limited': 'busy',
  'unknown-model': 'model-unavailable',
  'timed-out': 'taking-longer',
  overloaded: 'provider-down',
  unreachable: 'provider-down',
  malformed: 'provider-down',
  'blocks-this-machine': 'provider-down',
  'failed-run': 'provider-down',
  unrecognized: 'provider-down',
  'result-unavailable': 'result-unavailable',
  'result-forbidden': 'result-unavailable',
  'result-unusable': 'result-unavailable',
  'result-too-large': 'too-large',
  'bad-request': 'bad-request',
  refused: 'refused',
} as const satisfies Record<FailureReason, JobFailureCode>;

/** The job's failure code when this was the last failure and nothing is left to try. */
export function codeFor(reason: FailureReason): JobFailureCode {
  return codes[reason];
}

/** True when the failure is a fault of the provider or the network, and of no key. */
export function isProviderFault(failure: AttemptFailure): boolean {
  const { scope } = failureTraits[failure.reason];
  if (isDoubtful(failure)) return false;
  return scope === 'provider' || scope === 'network' || failure.reason.startsWith('result-');
}
