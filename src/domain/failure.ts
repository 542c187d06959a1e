/** How a job can end without a result. Each code has a message in every locale; the compiler sees to it. */
export const failureCodes = [
  'keys-being-set-up',
  'out-of-credit',
  'busy',
  'taking-longer',
  'provider-down',
  'model-unavailable',
  'result-unavailable',
  'refused',
  'bad-request',
  'empty-prompt',
  'prompt-too-long',
  'too-large',
  'quota-reached',
  'queue-full',
  'not-allowed',
  'set-aside',
  'cancelled',
  'stopped',
] as const;

export type FailureCode = (typeof failureCodes)[number];

/**
 * How one attempt failed, and whose fault it was. Adapters and the media room make these, once, at the edge; everyone
 * after them switches on `blame` and `reason`. `detail` is for the operator: short, without secrets.
 */
export type AttemptFailure = { readonly detail: string } & (
  | { readonly blame: 'key'; readonly reason: 'rejected' | 'out-of-credit' | 'concurrency' }
  | { readonly blame: 'key'; readonly reason: 'rate-limited'; readonly retryAfterMs?: number }
  | { readonly blame: 'model'; readonly reason: 'unknown-model' }
  | {
      readonly blame: 'provider';
      readonly reason: 'timed-out' | 'overloaded' | 'unreachable' | 'malformed' | 'failed-run';
      readonly retryAfterMs?: number;
    }
  | {
      readonly blame: 'provider';
      readonly reason: 'result-unavailable' | 'result-forbidden' | 'result-unusable' | 'result-too-large';
    }
  | { readonly blame: 'request'; readonly reason: 'bad-request' | 'refused' }
);

export type FailureReason = AttemptFailure['reason'];
