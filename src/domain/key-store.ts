import type { KeyId } from './ids.ts';
import type { KeyHealth, SeatRecord } from './key-health.ts';
import type { KeyState } from './key-state.ts';
import type { ProviderName } from './provider-name.ts';

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
