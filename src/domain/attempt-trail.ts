import type { Candidate } from './job.ts';
import type { FailureReason, ResultFailure, Sureness } from './failure.ts';
import type { KeyId } from './ids.ts';
import type { Usage } from './provider.ts';

/** Why a key was passed over. */
export type SkipReason = 'cooling' | 'benched' | 'disabled' | 'busy' | 'other-model' | 'just-failed' | 'slow';

/** What spoke for the key that was chosen. */
export type ChoiceWhy =
  /** Nothing else could be chosen. */
  | 'only-one'
  /** It should answer first, by what was measured. */
  | 'soonest'
  /** The better of two drawn at random, among many keys. */
  | 'better-of-two'
  /** Slow so far, looked at again now and then. */
  | 'explored'
  /** The one live call that shows whether a rested key works again. */
  | 'half-open'
  /** By one of the other strategies. */
  | 'in-turn'
  | 'least-used'
  | 'by-weight'
  | 'first-in-order';

/** How one seat was chosen. */
export type Choice = {
  readonly why: ChoiceWhy;
  /** How many keys could have been chosen. */
  readonly of: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** How long the call was expected to take, when that was known. */
  readonly expectedMs?: number;
};

export type AttemptEnding =
  /** It was recorded but never sent: the provider does not know it. */
  | { readonly kind: 'not-sent' }
  /** The call is under way, or the process ended before its answer was kept. */
  | { readonly kind: 'sent' }
  /** The provider has taken the work on, `ms` after it was asked, and is asked about it from time to time. */
  | { readonly kind: 'submitted'; readonly ms: number }
  | {
      readonly kind: 'answered';
      readonly ms: number;
      readonly usage?: Usage;
      /** US dollars: as the provider says, else worked out from the price of the model; absent where neither is known. */
      readonly usd?: number;
      /** Why the result that it was answered with could not be used. */
      readonly refused?: ResultFailure;
    }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly sureness: Sureness;
      readonly detail: string;
      readonly ms: number;
    }
  /** The job was cancelled or handed back meanwhile. */
  | { readonly kind: 'broken-off'; readonly ms: number };

/** One call of a job, from the choice of its key to its end: the same object feeds the log, /status and `explain`. */
export type AttemptTrail = {
  /** Counts the job's calls from 1. */
  readonly call: number;
  readonly candidate: Candidate;
  readonly attempt: number;
  readonly of: number;
  readonly keyId: KeyId;
  readonly keyName: string;
  readonly choice: Choice;
  /** Since the job was accepted, or since its call before this one ended. */
  readonly waitedMs: number;
  readonly startedAtMs: number;
  readonly ending: AttemptEnding;
};
