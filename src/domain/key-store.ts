import type { KeyId, ProviderName } from './ids.ts';
import type { KeyHealth, SeatRecord, KeyState } from './key-state.ts';
import type { KeyChoice, KeyTestOptions } from './admin-api.ts';
import type { FailureReason } from './failure.ts';
import type { PoolView } from './views.ts';

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

/** What the free probe said of one key. */
export type KeyTest = {
  readonly id: KeyId;
  readonly name: string;
  readonly ok: boolean;
  /** Why not; `unreachable` and the like say nothing about the key. */
  readonly reason?: FailureReason;
  /** What the provider said, on one line, without secrets. */
  readonly detail?: string;
  readonly ms: number;
};

/** What an admin may see and do about keys. */
export type KeyMaintenanceView = {
  snapshot(): PoolView;
  /** As `AdminKeys.test`. */
  test(keys: KeyChoice, options?: KeyTestOptions): Promise<readonly KeyTest[]>;
  /** Puts resting keys back to work; how many did. */
  wake(keys: KeyChoice): number;
  /** How many were in use. */
  disable(keys: KeyChoice): number;
  /** How many were disabled. */
  enable(keys: KeyChoice): number;
};
