/** `fails-alone`: the provider fails with this key where it succeeds with its siblings. */
export type CoolReason = 'rate-limited' | 'concurrency' | 'timed-out' | 'fails-alone';

export type BenchReason = 'rejected' | 'out-of-credit';

/** A key's life; `keys/key-life.ts` holds the one transition function. All times are milliseconds since 1970. */
export type KeyState =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'cooling';
      readonly untilMs: number;
      readonly reason: CoolReason;
    }
  | { readonly kind: 'benched'; readonly reason: BenchReason; readonly probeAtMs: number; readonly times: number }
  | { readonly kind: 'probing'; readonly reason: BenchReason; readonly times: number }
  | { readonly kind: 'disabled' };

/** What an attempt says about its key. */
export type KeyVerdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'cool'; readonly reason: CoolReason; readonly forMs?: number }
  | { readonly kind: 'bench'; readonly reason: BenchReason }
  | { readonly kind: 'nothing' };
