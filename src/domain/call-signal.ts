/**
 * What tells a call to end: as much of an AbortSignal as a call needs. Every AbortSignal is one; a call that passes its
 * own does not pay for all that the real one can do.
 */
export type CallSignal = {
  readonly aborted: boolean;
  /** Why, once it is aborted; a passed deadline is an error named TimeoutError. */
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
};
