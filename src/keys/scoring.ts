import type { PooledKey } from './pooled-key.ts';
import type { Roster } from './roster.ts';
import type { SeatRequest } from '../domain/key-leases.ts';

/** A key that takes this many times as long as its siblings is slow. */
const slowFactor = 3;
/** Where calls are quicker than this, the factor between two of them is chance. */
const quickMs = 50;
/** One seat of so many goes to a slow key, to see whether it still is. */
const exploreEvery = 64;
/** A suspect comes after every sibling, however fast. */
const suspectFactor = 1e9;

/** What the calls that are asked for took so far. */
export type Expectation = {
  readonly index: number;
  /** Of a key that has not answered such a call yet: what the middle one of the last calls took. */
  readonly usualMs: number;
  /** False when no call has been answered. */
  readonly isKnown: boolean;
};

const nothingKnown: Expectation = { index: -1, usualMs: 1, isKnown: false };

export function expectationOf(roster: Roster, { model, job }: SeatRequest): Expectation {
  const book = (model === undefined ? undefined : roster.bookOf(model, job)) ?? roster.book;
  const usualMs = book.medianMs;
  if (usualMs === undefined || !roster.mechanisms.latencyScoring) return nothingKnown;
  return { index: book.index, usualMs, isKnown: true };
}

/** How long a call should take with this key. */
export function expectedMs(pooled: PooledKey, { index, usualMs }: Expectation): number {
  return pooled.expectedMs(index) ?? usualMs;
}

/** A key that takes longer is slow, where its siblings take `usualMs`. */
export function slowFromMs(usualMs: number): number {
  return Math.max(usualMs, quickMs) * slowFactor;
}

/** When the key should be done with one call more, by what it carries and how it fared: the smallest is chosen. */
export function scoreOf(pooled: PooledKey, ms: number, { mechanisms }: Roster): number {
  const errors = mechanisms.errorScoring ? 1 + pooled.counts.consecutiveErrors : 1;
  const score = ((ms * (pooled.inFlight + 1)) / pooled.key.weight) * errors * errors;
  return pooled.state.kind === 'suspect' ? score * suspectFactor : score;
}

/** True when it is time to look at a key that is only slow. */
export function mayExplore(roster: Roster): boolean {
  return roster.mechanisms.exploration && roster.handedOut - roster.lastExploredAt >= exploreEvery;
}
