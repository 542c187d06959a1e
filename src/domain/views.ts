import type { FailureReason } from './failure.ts';
import type { JobId, KeyId } from './ids.ts';
import type { JobKind, Lane } from './job.ts';
import type { KeyState } from './key-state.ts';
import type { Outcome } from './outcome.ts';
import type { ProviderName } from './provider-name.ts';

/** One key as an operator sees it; never the key itself. */
export type KeyView = {
  readonly id: KeyId;
  /** `bytez #3`: its place in the order in which it was read. */
  readonly name: string;
  readonly provider: ProviderName;
  /** At most the first and the last four characters of a long key, for an admin's eyes: `abcd…wxyz`. */
  readonly hint: string;
  readonly state: KeyState;
  readonly calls: number;
  readonly successes: number;
  readonly errors: Readonly<Partial<Record<FailureReason, number>>>;
  readonly consecutiveErrors: number;
  /** 0 to 1; undefined before the first call. */
  readonly successRate?: number;
  readonly meanLatencyMs?: number;
  readonly inFlight: number;
  readonly seats: number;
  readonly lastUsedMs?: number;
};

export type PoolView = {
  readonly total: number;
  readonly ready: number;
  readonly cooling: number;
  readonly benched: number;
  readonly disabled: number;
  /** When the first cooling key wakes. */
  readonly nextWakeMs?: number;
  readonly keys: readonly KeyView[];
};

/** Where a job stands right now, as told to the person who asked. */
export type JobPhase =
  | { readonly kind: 'queued'; readonly ahead: number }
  /** All keys rest or carry other calls: the place is kept. `inMs` is about how long, when it is known. */
  | { readonly kind: 'paused'; readonly ahead: number; readonly inMs?: number }
  | { readonly kind: 'making'; readonly attempt: number; readonly of: number }
  /** An attempt failed by the provider's fault and another one follows. */
  | { readonly kind: 'retrying'; readonly after: FailureReason; readonly attempt: number; readonly of: number }
  /** The provider has answered; the file is fetched and sent. */
  | { readonly kind: 'delivering' }
  | { readonly kind: 'ended'; readonly outcome: Outcome };

export type JobView = {
  readonly id: JobId;
  readonly kind: JobKind;
  readonly lane: Lane;
  readonly prompt: string;
  readonly phase: JobPhase;
  /** Since the job was accepted. */
  readonly ageMs: number;
};
