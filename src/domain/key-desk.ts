import type { PoolView } from './views.ts';

/** What an admin may see and do about keys. */
export type KeyDeskView = {
  snapshot(): PoolView;
  /** Asks every provider whether its keys are accepted, without spending anything. */
  testAll(): Promise<readonly { readonly ok: boolean }[]>;
  /** Puts resting keys back to work; answers how many. */
  wakeAll(): number;
};
