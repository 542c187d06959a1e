import type { KeyId } from './ids.ts';
import type { KeyState } from './key-state.ts';

/** What is remembered of a key between two runs of the process, under its keyed fingerprint. */
export type KeyRecord = {
  readonly id: KeyId;
  readonly state: KeyState;
  /** How many times in a row it was rate-limited; the backoff grows with it. */
  readonly limitedInARow: number;
  readonly seatLimit: number;
  readonly calls: number;
  readonly successes: number;
};

export type KeyStore = {
  load(): Promise<readonly KeyRecord[]>;
  save(records: readonly KeyRecord[]): Promise<void>;
  /** The salt of this installation, made once: fingerprints under it mean nothing elsewhere. */
  salt(): Promise<string>;
};
