import type { Chosen, Slow } from './choosing.ts';
import type { SeatRequest } from '../domain/key-leases.ts';
import type { PooledKey } from './pooled-key.ts';
import type { Roster } from './roster.ts';
import { type Expectation, expectedMs, mayExplore, scoreOf, slowFromMs } from './scoring.ts';
import type { Moment } from './soonest.ts';

/** Enough to find two that suit where a few do not. */
const mostDraws = 12;

/**
 * Draws two of the keys that have a seat and takes the better one: nearly as good as looking at all of them, whatever
 * their number. Undefined when chance found none that suits; they may be there all the same.
 */
export function twoChoices(
  roster: Roster,
  request: SeatRequest,
  expectation: Expectation,
  { nowMs, random }: Moment,
): Chosen | Slow | undefined {
  const { open } = roster;
  const slowMs = slowFromMs(expectation.usualMs);
  const hasBusy = roster.takers > open.length + roster.trials.size;
  let best: PooledKey | undefined;
  let bestMs = 0;
  let bestScore = Infinity;
  let slowOne: PooledKey | undefined;
  let found = 0;
  const skips = { otherModel: 0, justFailed: 0, slow: 0 };
  for (let draw = 0; draw < mostDraws && found < 2; draw += 1) {
    const pooled = open[Math.floor(random() * open.length)];
    if (pooled === undefined || pooled === best || pooled === slowOne) continue;
    if (!pooled.serves(request.model, nowMs)) {
      skips.otherModel += 1;
      continue;
    }
    if (request.avoid?.has(pooled.key.id) === true) {
      skips.justFailed += 1;
      continue;
    }
    const ms = expectedMs(pooled, expectation);
    if (ms > slowMs && request.evenSlow !== true) {
      skips.slow += 1;
      slowOne ??= pooled;
      continue;
    }
    found += 1;
    const score = scoreOf(pooled, ms, roster);
    if (score >= bestScore) continue;
    best = pooled;
    bestMs = ms;
    bestScore = score;
  }
  if (slowOne?.inFlight === 0 && mayExplore(roster)) {
    return { kind: 'chosen', pooled: slowOne, why: 'explored', of: open.length, skips };
  }
  if (best === undefined) {
    if (slowOne === undefined) return undefined;
    const ms = expectedMs(slowOne, expectation);
    if (hasBusy) {
      return {
        kind: 'slow',
        slowMs: ms,
        fastMs: expectation.usualMs,
        fastSeats: Math.max(1, roster.width - open.length),
      };
    }
    best = slowOne;
    bestMs = ms;
  }
  const known = expectation.isKnown ? { expectedMs: bestMs } : undefined;
  return { kind: 'chosen', pooled: best, why: 'better-of-two', of: open.length, skips, ...known };
}
