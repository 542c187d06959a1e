import type { ChoiceWhy } from '../domain/attempt-trail.ts';
import type { PooledKey } from './pooled-key.ts';
import type { Roster } from './roster.ts';

/** One call under way. */
export type Call = {
  readonly pooled: PooledKey;
  readonly roster: Roster;
  readonly why: ChoiceWhy;
  readonly fromUpMs: number;
  /** How many calls its account carried as it began, itself included. */
  readonly begunAs: number;
  /** Place of the key that was handed out before. */
  readonly turnBefore: number;
};
