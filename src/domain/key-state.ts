import type { FailureReason } from './failure.ts';
import type { KeyId, ProviderName } from './ids.ts';

/**
 * `fails-alone`: the provider fails with this key where it succeeds with its siblings. `window`: all calls that the
 * provider allows in a span of time were sent; nothing failed.
 */
export type CoolReason = 'rate-limited' | 'concurrency' | 'timed-out' | 'fails-alone' | 'window';

export type BenchReason = 'rejected' | 'out-of-credit';

/** The state of a key; `keys/rules/key-state.ts` holds the transition function. Times are milliseconds since 1970. */
export type KeyState =
  | { readonly kind: 'ready' }
  /** One ambiguous fault: still in use, after its siblings; the next call decides. */
  | { readonly kind: 'suspect'; readonly reason: FailureReason; readonly sinceMs: number }
  | {
      readonly kind: 'cooling';
      readonly sinceMs: number;
      readonly untilMs: number;
      readonly reason: CoolReason;
      /** True when the provider stated the time: never tried earlier. A guessed cooldown may be tried at half. */
      readonly stated: boolean;
    }
  /** A cooldown is over, or half over: one live call shows whether the key works again. */
  | { readonly kind: 'half-open'; readonly after: CoolReason | BenchReason; readonly times: number }
  | {
      readonly kind: 'benched';
      readonly reason: BenchReason;
      readonly probeAtMs: number;
      /** Refusals in a row, without a success in between. */
      readonly times: number;
      /** Confirmed by the free probe or by a second real call: only then the key is reported as dead. */
      readonly confirmed: boolean;
    }
  | { readonly kind: 'probing'; readonly reason: BenchReason; readonly times: number; readonly confirmed: boolean }
  /** Out of use until an admin enables it; with `ended` the day of its end has come, and another end brings it back. */
  | { readonly kind: 'disabled'; readonly ended?: true };

/** True for a key that may carry calls. */
export function acceptsCalls({ kind }: KeyState): boolean {
  return kind === 'ready' || kind === 'suspect' || kind === 'half-open';
}

/** True for a key that is out of use for another reason than a cooldown. */
export function isOut({ kind }: KeyState): boolean {
  return kind === 'benched' || kind === 'probing' || kind === 'disabled';
}

/** True for a key that works and has only sent all calls that its provider allows in a span of time. */
export function coolsForWindow(state: KeyState): boolean {
  return state.kind === 'cooling' && state.reason === 'window';
}

/** When a key with this end stops being used: the beginning of that UTC day, in milliseconds since 1970. */
export function keyEndMs(endsOn: string): number {
  return Date.parse(`${endsOn}T00:00:00Z`);
}

/** True once the day of its end has come. */
export function hasEnded(endsOn: string | undefined, nowMs: number): boolean {
  return endsOn !== undefined && nowMs >= keyEndMs(endsOn);
}

/** What an attempt says about its key. */
export type KeyVerdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'suspect'; readonly reason: FailureReason }
  | { readonly kind: 'cool'; readonly reason: CoolReason; readonly forMs?: number }
  | {
      readonly kind: 'bench';
      readonly reason: BenchReason;
      /** The wait that the provider stated. */
      readonly forMs?: number;
      /** Another request was refused before: this is the second real call. */
      readonly isSecond?: true;
    }
  | { readonly kind: 'nothing' };

/** Returns when the key may be tried again: at the end of its cooldown, or, with `ifLast`, at half of a guessed one. */
export function dueAtMs(state: KeyState, ifLast: boolean): number {
  if (state.kind === 'benched') return state.reason === 'out-of-credit' ? state.probeAtMs : Infinity;
  if (state.kind !== 'cooling') return Infinity;
  return ifLast && !state.stated ? Math.ceil((state.sinceMs + state.untilMs) / 2) : state.untilMs;
}

/** The call statistics of a key, stored between runs. Times are milliseconds since 1970. */
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

/** The concurrency limit of a key or an account, as it was learned or told. */
export type SeatRecord = {
  /** May be fractional while it grows; the seats are its whole part. */
  readonly limit: number;
  /** The most that was carried when one more was refused; one more is tried after `tryAtMs`, the hold then doubles. */
  readonly ceiling?: { readonly seats: number; readonly tryAtMs: number; readonly holdMs: number };
  /** What the provider says that the account may carry: the limit never exceeds it. */
  readonly told?: number;
};

/** How many calls a provider says that it takes in a span of time; `resetsAtMs` in milliseconds since 1970. */
export type ToldWindow = {
  readonly limit: number;
  /** Calls that are left until `resetsAtMs`. */
  readonly remaining?: number;
  readonly resetsAtMs?: number;
  readonly lengthMs?: number;
};

/** The provider's own count: so many calls are left until `untilMs`, in milliseconds since 1970. */
export type ToldSpan = {
  readonly limit: number;
  readonly left: number;
  readonly untilMs: number;
  readonly lengthMs: number;
};

/** A window that was learned from a refusal, and forgotten at `untilMs`. Times are milliseconds since 1970. */
export type WindowRecord = {
  readonly limit: number;
  readonly lengthMs: number;
  readonly untilMs: number;
  /** When the calls of the key began that still count. */
  readonly starts: readonly number[];
  /** A count of a day or so: `left` until `untilMs`, believed until `forgottenAtMs`. */
  readonly daily?: {
    readonly limit: number;
    readonly left: number;
    readonly untilMs: number;
    readonly lengthMs: number;
    readonly forgottenAtMs: number;
  };
};

/** The stored record of a key, under its keyed fingerprint. */
/** What was left on the account of a key when it was last asked. */
export type KeyBalance = {
  readonly amount: number;
  /** A currency, as `USD`, or what the provider counts in, as `credits`. */
  readonly unit: string;
  readonly atMs: number;
};

export type KeyRecord = {
  readonly id: KeyId;
  readonly provider: ProviderName;
  /** As it was called when it was last in the pool: `bytez #3`. */
  readonly name: string;
  readonly savedAtMs: number;
  readonly state: KeyState;
  /** Rate limits and refusals for a taken seat in a row, counted together; the backoff grows with them. */
  readonly limitedInARow: number;
  readonly seats: SeatRecord;
  /** Of its account. */
  readonly window?: WindowRecord;
  /** Named after the first key of the account, for keys that were found to share one. */
  readonly account?: KeyId;
  /** Calls of the key in flight, for processes that read the database while its owner runs. */
  readonly inFlight: number;
  readonly health: KeyHealth;
  /** Absent where the provider does not tell. */
  readonly balance?: KeyBalance;
};

export type KeyStore = {
  load(): Promise<readonly KeyRecord[]>;
  save(records: readonly KeyRecord[]): Promise<void>;
  /** The salt of this installation, made once: fingerprints under it mean nothing elsewhere. */
  salt(): Promise<string>;
};

/** What an operator set for one key while the bot ran. */
export type OwnKeySettings = {
  readonly weight?: number;
  /** How many calls it carries at once. */
  readonly seats?: number;
  /** Keys of one provider with the same group share an account. */
  readonly group?: string;
  /** For people; it changes nothing. */
  readonly label?: string;
  /** The UTC day from which on the key is not used: `2027-01-01`. */
  readonly endsOn?: string;
};

/** Sets what is given, clears what is null, leaves the rest. */
export type KeySettingsPatch = { readonly [Name in keyof OwnKeySettings]?: OwnKeySettings[Name] | null };

/** The key ends within two weeks; `key.stays`: no longer, because its end was moved or the key is gone. */
export type KeyEndEvent =
  | {
      readonly event: 'key.ends';
      readonly keyId: KeyId;
      readonly keyName: string;
      readonly provider: ProviderName;
      readonly endsOn: string;
    }
  | { readonly event: 'key.stays'; readonly keyId: KeyId; readonly keyName: string };

/** A key that was added while the bot ran, encrypted. */
export type SealedKey = {
  readonly id: KeyId;
  readonly provider: ProviderName;
  readonly sealed: string;
  readonly addedAtMs: number;
};

export type OperatorKeys = {
  /** In the order in which they were added. */
  added(): Promise<readonly SealedKey[]>;
  /** False where another process has added it meanwhile. */
  add(key: SealedKey): Promise<boolean>;
  /** Forgets the key and what was set for it. */
  remove(id: KeyId): Promise<void>;
  settings(): Promise<ReadonlyMap<KeyId, OwnKeySettings>>;
  set(id: KeyId, patch: KeySettingsPatch): Promise<void>;
};
