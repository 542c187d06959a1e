import type { Choice } from './attempt-trail.ts';
import type { AttemptFailure } from './failure.ts';
import type { JobId, KeyId, ProviderName } from './ids.ts';
import type { JobKind } from './kinds.ts';
import type { BenchReason, ToldWindow } from './key-state.ts';
import type { SecretValue } from './provider.ts';

/** The result of a lease; `seats` are the calls at once that its account may carry, and `window` the calls in a span of time, where told. */
export type LeaseResult =
  | {
      readonly kind: 'succeeded';
      readonly ms: number;
      readonly model?: string;
      readonly job?: JobKind;
      readonly seats?: number;
      readonly window?: ToldWindow;
      /** The provider let the call wait for others of its account instead of refusing it. */
      readonly wasQueued?: true;
    }
  | {
      readonly kind: 'failed';
      readonly seats?: number;
      readonly window?: ToldWindow;
      readonly failure: AttemptFailure;
      readonly ms: number;
      readonly model?: string;
      readonly job?: JobKind;
      /** Whose call it was: a doubtful refusal counts against a key once for each request. */
      readonly jobId?: JobId;
    }
  /** No call was made, or it was called off before an answer: nothing is known of the key. */
  | { readonly kind: 'unused' };

/** One seat of one key, leased for one attempt. */
export type Lease = {
  readonly keyId: KeyId;
  readonly keyName: string;
  readonly secret: SecretValue;
  /** Undefined for a key that serves every model. */
  readonly onlyModel?: string;
  /** Why this key. */
  readonly choice: Choice;
  /** False for a model that the key is reserved against or not entitled to, and for work that its credit does not cover. */
  serves(model: string, job?: JobKind): boolean;
  /**
   * Says that the seat is still in use, which a call that lasts for minutes does now and then; false when it is lost:
   * it was given back, or was taken for abandoned and lent to somebody else.
   */
  renew(): Promise<boolean>;
  /** Gives the seat back; only the first call counts. Takes effect here at once, and elsewhere as soon as it can. */
  release(returned: LeaseResult): void;
};

/** A seat, or why there is none. */
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
  /** Every key is benched or disabled; `reason` is what most of them say, `probeAtMs` when the first is tried again. */
  | { readonly kind: 'benched'; readonly reason: BenchReason; readonly probeAtMs?: number }
  | { readonly kind: 'no-keys' };

export type SeatRequest = {
  /** Keys reserved for another model are passed over; without it any key will do. */
  readonly model?: string;
  readonly job?: JobKind;
  /** Take a slow key too. */
  readonly evenSlow?: boolean;
  /** Keys that this job has just failed with; taken only when there is no other. */
  readonly avoid?: ReadonlySet<KeyId>;
  /** Keys that refused this very request: never taken for it. */
  readonly without?: ReadonlySet<KeyId>;
  /** Keys that this request took out of use: never taken for it as the trial that shows whether they work again. */
  readonly noTrialOf?: ReadonlySet<KeyId>;
};

/**
 * Lends seats of keys. In memory on one machine; beyond it one pool is shared by all processes, and a seat whose process
 * has died comes back by itself.
 */
export type KeyLeases = {
  /** A seat of the key that should be asked next, or why there is none. Never waits until one is free. */
  acquire(provider: ProviderName, request?: SeatRequest): Promise<SeatAnswer>;
  /**
   * The seat of a call that was begun before, by this process or another, and that the provider still counts: taken
   * whatever the state of the key, over its limit if need be. Undefined when there is no such key any more.
   */
  resume(keyId: KeyId): Promise<Lease | undefined>;
  /** Calls back whenever a seat of the provider may have become free; with a seat of this process, before `release` returns. */
  onSeat(listener: (provider: ProviderName) => void): Disposable;
};

/** A seat that another program holds, until a moment in milliseconds since 1970. */
export type LentKey = {
  readonly id: string;
  /** Grows with every lease: the holder of an older one may no longer speak for the seat. */
  readonly fence: number;
  readonly provider: ProviderName;
  /** Absent where only a provider was asked for. */
  readonly model?: string;
  readonly key: SecretValue;
  readonly keyName: string;
  readonly expiresAtMs: number;
};

export type Lending =
  | { readonly kind: 'lent'; readonly lent: LentKey }
  /** No seat; `retryAfterMs` is when one may be free, as far as that is known. */
  | {
      readonly kind: 'none';
      readonly why: 'busy' | 'cooling' | 'rejected' | 'out-of-credit' | 'no-keys';
      readonly retryAfterMs?: number;
    }
  /** No provider and no model of the chains is called so. */
  | { readonly kind: 'unknown-name' };

/** What a provider answered to a program that holds a lease. */
export type ProviderAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** How the call went for which a seat was lent; `ms` is how long it took, since the lease where it is not told. */
export type LeaseReport =
  | { readonly kind: 'succeeded'; readonly ms: number }
  | { readonly kind: 'answered'; readonly answer: ProviderAnswer; readonly ms?: number }
  | { readonly kind: 'unanswered'; readonly reason: 'timed-out' | 'unreachable'; readonly ms?: number }
  | { readonly kind: 'unused' };

/** What a report was understood as, or that the lease is no longer the newest of its seat. */
export type ReportAnswer =
  | { readonly kind: 'succeeded' | 'unused' | 'stale' }
  | { readonly kind: 'failed'; readonly failure: AttemptFailure };

export type LendOptions = {
  readonly ttlMs: number;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
};

/** Lends seats to other programs for a time. */
export type KeyLending = {
  /**
   * A seat for calls of a provider or a model. Waits for one up to `waitMs`, first come, first served, in turn with the
   * waiting jobs of the bot. Rejects with the signal's reason.
   */
  lend(name: string, options: LendOptions): Promise<Lending>;
  /** The lease lasts for `ttlMs` from now on; until when, or undefined when it has ended or the fence is an older one. */
  renew(id: string, fence: number, ttlMs: number): number | undefined;
  /** Ends the lease; the pool learns from the report. */
  report(id: string, fence: number, report: LeaseReport): Promise<ReportAnswer>;
};
