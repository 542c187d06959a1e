import type { JobId } from './ids.ts';
import type { JobLease } from './job-engine.ts';

/** A thing done to the outside world on behalf of a job; `part-2` is the second message of a result that needs several. */
export type Effect =
  | 'receipt'
  | 'result'
  | 'message'
  | 'message-again'
  | 'album'
  | 'album-again'
  | 'ping'
  | `part-${number}`
  | `part-${number}-again`;

/**
 * Who acts: a lease of the job; the job alone for what belongs to none of its leases, the status message, which is sent
 * by the process that took the request while another may already run it.
 */
export type EffectActor = JobLease | { readonly jobId: JobId; readonly fence?: undefined };

export type EffectStart =
  /** Do it, then call `end`. */
  | { readonly kind: 'go' }
  /** It was done; `note` is what `end` kept (a message id). */
  | { readonly kind: 'done'; readonly note: string }
  /** An earlier start of a once-only effect never reported its end: it may have happened. */
  | { readonly kind: 'unsure' }
  /** The lease is not the newest: somebody else acts for the job. */
  | { readonly kind: 'fenced' };

/**
 * Remembers what was begun and what is known to be done, so that a crash between the two is seen. The fence is checked
 * in the statement that changes the row: no lease can lose the job between the check and the change.
 */
export type EffectLedger = {
  /**
   * Durable before it resolves. An `idempotent` effect may be begun again, which makes it this lease's; a `once` effect
   * that was begun and not ended is `unsure`.
   */
  begin(by: EffectActor, effect: Effect, repeat: 'idempotent' | 'once'): Promise<EffectStart>;
  /**
   * Keeps that it was done, durably with the next change that is. Who began it may say so also when the lease is no longer the newest; false, and nothing
   * changes, when somebody else has begun it since, or nobody has.
   */
  end(by: EffectActor, effect: Effect, note: string): Promise<boolean>;
  /** The effect is known not to have happened: it may be begun again. Refused as `end` is, and once it is done. */
  undo(by: EffectActor, effect: Effect): Promise<boolean>;
};
