import type { KeyChoice, KeyTestOptions } from './admin-api.ts';
import type { FailureReason } from './failure.ts';
import type { KeyId } from './ids.ts';
import type { PoolView } from './views.ts';

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
export type KeyDeskView = {
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
