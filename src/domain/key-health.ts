import type { FailureReason } from './failure.ts';

/** How a key has fared; kept between runs. Times are milliseconds since 1970. */
export type KeyHealth = {
  readonly calls: number;
  readonly successes: number;
  /** By reason; those that are the request's or the model's fault are counted too. */
  readonly errors: Readonly<Partial<Record<FailureReason, number>>>;
  /** Failures in a row that are not the request's or the model's fault. */
  readonly consecutiveErrors: number;
  /** Calls on `day`, which counts UTC days since 1970. */
  readonly callsToday: number;
  readonly day: number;
  /** 0 to 1 over the last calls; undefined before the first. */
  readonly successRate?: number;
  /** Of successful calls, over the last ones. */
  readonly meanLatencyMs?: number;
  readonly p95LatencyMs?: number;
  readonly lastUsedMs?: number;
  readonly lastError?: { readonly reason: FailureReason; readonly atMs: number };
};

/** What a key, or all keys of one account, are known to carry at once. */
export type SeatRecord = {
  /** May be fractional while it grows; the seats are its whole part. */
  readonly limit: number;
  /** The most that was carried when one more was refused; one more is tried after `tryAtMs`, the hold then doubles. */
  readonly ceiling?: { readonly seats: number; readonly tryAtMs: number; readonly holdMs: number };
};
