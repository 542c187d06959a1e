import type { JobId } from './ids.ts';

export const effects = ['receipt', 'result', 'message', 'message-again', 'ping'] as const;
/** A thing done to the outside world on behalf of a job. */
export type Effect = (typeof effects)[number];

export type EffectStart =
  /** Do it, then call `end`. */
  | { readonly kind: 'go' }
  /** It was done; `note` is what `end` kept (a message id). */
  | { readonly kind: 'done'; readonly note: string }
  /** An earlier start of a once-only effect never reported its end: it may have happened. */
  | { readonly kind: 'unsure' };

/** Remembers what was begun and what is known to be done, so that a crash between the two is seen. */
export type EffectLedger = {
  /** An `idempotent` effect may be begun again; a `once` effect that was begun and not ended is `unsure`. */
  begin(jobId: JobId, effect: Effect, repeat: 'idempotent' | 'once'): Promise<EffectStart>;
  end(jobId: JobId, effect: Effect, note: string): Promise<void>;
  /** The effect is known not to have happened: it may be begun anew. */
  undo(jobId: JobId, effect: Effect): Promise<void>;
};
