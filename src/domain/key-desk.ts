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
  readonly ms: number;
};

/** What an admin may see and do about keys. */
export type KeyDeskView = {
  snapshot(): PoolView;
  /** Asks every provider whether its keys are accepted, all at once, without spending anything. */
  testAll(): Promise<readonly KeyTest[]>;
  /** Puts resting keys back to work; answers how many. */
  wakeAll(): number;
  /** Answers false when there is no such key. */
  wake(id: KeyId): boolean;
  disable(id: KeyId): boolean;
  enable(id: KeyId): boolean;
};
