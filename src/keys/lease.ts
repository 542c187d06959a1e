import type { Choice } from '../domain/attempt-trail.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { KeyId } from '../domain/ids.ts';
import type { JobKind } from '../domain/job.ts';
import type { BenchReason } from '../domain/key-state.ts';
import type { Secret } from '../kit/secret.ts';

/** How the borrowed seat comes back. */
export type Returned =
  | { readonly kind: 'succeeded'; readonly ms: number; readonly model?: string; readonly job?: JobKind }
  | {
      readonly kind: 'failed';
      readonly failure: AttemptFailure;
      readonly ms: number;
      readonly model?: string;
      readonly job?: JobKind;
    }
  /** No call was made, or it was called off before an answer: nothing is known of the key. */
  | { readonly kind: 'unused' };

/** One seat of one key, borrowed for one attempt. */
export type Lease = {
  readonly keyId: KeyId;
  readonly keyName: string;
  readonly secret: Secret;
  /** Undefined for a key that serves every model. */
  readonly onlyModel?: string;
  /** Why this key. */
  readonly choice: Choice;
  /** False for a model that the key is reserved against, or that it was found not to be entitled to. */
  serves(model: string): boolean;
  /** Gives the seat back; only the first call counts. */
  release(returned: Returned): void;
};

/** Asking for a seat never blocks: here is one, or why not. */
export type SeatAnswer =
  | { readonly kind: 'seat'; readonly lease: Lease }
  /** A key is ready, but every seat of the ready ones carries a call. */
  | { readonly kind: 'busy' }
  /**
   * Only keys that are much slower than their busy siblings have a seat: worth taking (`evenSlow`) when the jobs that
   * wait would keep the fast seats busy for longer than `slowMs`.
   */
  | { readonly kind: 'slow'; readonly slowMs: number; readonly fastMs: number; readonly fastSeats: number }
  | { readonly kind: 'cooling'; readonly untilMs: number }
  /** Every key is benched or disabled; `reason` is what most of them say. */
  | { readonly kind: 'benched'; readonly reason: BenchReason }
  | { readonly kind: 'no-keys' };

export type SeatRequest = {
  /** Keys reserved for another model are passed over; without it any key will do. */
  readonly model?: string;
  readonly job?: JobKind;
  /** Take a slow key too. */
  readonly evenSlow?: boolean;
  /** Keys that this job has just failed with; taken only when there is no other. */
  readonly avoid?: ReadonlySet<KeyId>;
};
