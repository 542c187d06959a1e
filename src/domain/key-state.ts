import type { FailureReason } from './failure.ts';
import type { KeyId, ProviderName } from './ids.ts';

/** `fails-alone`: the provider fails with this key where it succeeds with its siblings. */
export type CoolReason = 'rate-limited' | 'concurrency' | 'timed-out' | 'fails-alone';

export type BenchReason = 'rejected' | 'out-of-credit';

/** A key's life; `keys/key-life.ts` holds the one transition function. All times are milliseconds since 1970. */
export type KeyState =
  | { readonly kind: 'ready' }
  /** One ambiguous fault: still handed out, after its siblings; the next call decides. */
  | { readonly kind: 'suspect'; readonly reason: FailureReason; readonly sinceMs: number }
  | {
      readonly kind: 'cooling';
      readonly sinceMs: number;
      readonly untilMs: number;
      readonly reason: CoolReason;
      /** True when the provider named the time: never tried earlier. A guessed rest may be, at half. */
      readonly stated: boolean;
    }
  /** A rest is over, or half over: exactly one live call shows whether the key works again. */
  | { readonly kind: 'half-open'; readonly after: CoolReason | BenchReason; readonly times: number }
  | {
      readonly kind: 'benched';
      readonly reason: BenchReason;
      readonly probeAtMs: number;
      /** Refusals in a row, without a success in between. */
      readonly times: number;
      /** The free probe said the same, or a real call did so twice: only then it is reported as dead. */
      readonly confirmed: boolean;
    }
  | { readonly kind: 'probing'; readonly reason: BenchReason; readonly times: number; readonly confirmed: boolean }
  | { readonly kind: 'disabled' };

/** True for a key that is handed out: to everybody, after its siblings, or for one call. */
export function acceptsCalls({ kind }: KeyState): boolean {
  return kind === 'ready' || kind === 'suspect' || kind === 'half-open';
}

/** What an attempt says about its key. */
export type KeyVerdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'suspect'; readonly reason: FailureReason }
  | { readonly kind: 'cool'; readonly reason: CoolReason; readonly forMs?: number }
  | { readonly kind: 'bench'; readonly reason: BenchReason }
  | { readonly kind: 'nothing' };

/** When the key may be tried again: at the end of its rest, or at half of a guessed one `ifLast` no other is left. */
export function dueAtMs(state: KeyState, ifLast: boolean): number {
  if (state.kind === 'benched') return state.reason === 'out-of-credit' ? state.probeAtMs : Infinity;
  if (state.kind !== 'cooling') return Infinity;
  return ifLast && !state.stated ? Math.ceil((state.sinceMs + state.untilMs) / 2) : state.untilMs;
}

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

/** What is remembered of a key between two runs of the process, under its keyed fingerprint. */
export type KeyRecord = {
  readonly id: KeyId;
  readonly provider: ProviderName;
  /** As it was called when it was last in the pool: `bytez #3`. */
  readonly name: string;
  readonly savedAtMs: number;
  readonly state: KeyState;
  /** How many times in a row it was rate-limited; the backoff grows with it. */
  readonly limitedInARow: number;
  readonly seats: SeatRecord;
  /** Named after the first key of the account, for keys that were found to share one. */
  readonly account?: KeyId;
  /** Calls that the key carries right now, for processes beside the owner of the database. */
  readonly inFlight: number;
  readonly health: KeyHealth;
};

export type KeyStore = {
  load(): Promise<readonly KeyRecord[]>;
  save(records: readonly KeyRecord[]): Promise<void>;
  /** The salt of this installation, made once: fingerprints under it mean nothing elsewhere. */
  salt(): Promise<string>;
};
