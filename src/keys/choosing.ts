import type { ChoiceWhy } from '../domain/attempt-trail.ts';
import type { PooledKey } from './pooled-key.ts';
import type { SeatAnswer } from '../domain/key-leases.ts';
import type { Skips } from './skips.ts';

export type Slow = Extract<SeatAnswer, { kind: 'slow' }>;

/** A key that was chosen, and what spoke for it. */
export type Chosen = {
  readonly kind: 'chosen';
  readonly pooled: PooledKey;
  readonly why: ChoiceWhy;
  readonly of: number;
  readonly skips: Skips;
  readonly expectedMs?: number;
};
