import type { Random } from '../kit/random.ts';
import type { Chosen, Slow } from './choosing.ts';
import { slowAnswer } from './hold-back.ts';
import type { SeatRequest } from '../domain/key-leases.ts';
import type { PooledKey } from './pooled-key.ts';
import type { Roster } from './roster.ts';
import { type Expectation, expectedMs, mayExplore, scoreOf, slowFromMs } from './scoring.ts';

export type Moment = { readonly nowMs: number; readonly random: Random };

/**
 * Looks at every key and takes the one that should be done first; among equals by chance. A slow key is left alone
 * while faster ones only carry a call, but looked at again now and then.
 */
export function soonest(
  roster: Roster,
  request: SeatRequest,
  expectation: Expectation,
  { nowMs, random }: Moment,
): Chosen | Slow | undefined {
  const { model, avoid } = request;
  const slowMs = slowFromMs(expectation.usualMs);
  let best: PooledKey | undefined;
  let bestMs = 0;
  let bestScore = Infinity;
  let equals = 0;
  let slowOne: PooledKey | undefined;
  let fastMs = Infinity;
  let of = 0;
  const skips = { otherModel: 0, justFailed: 0, slow: 0 };
  for (const pooled of roster.keys) {
    if (!pooled.takes) continue;
    if (!pooled.serves(model, nowMs)) {
      skips.otherModel += 1;
      continue;
    }
    const ms = expectedMs(pooled, expectation);
    if (pooled.openAt < 0) {
      if (ms < fastMs && pooled.inFlight > 0) fastMs = ms;
      continue;
    }
    if (avoid?.has(pooled.key.id) === true) {
      skips.justFailed += 1;
      continue;
    }
    of += 1;
    if (ms > slowMs) skips.slow += 1;
    const isWorthALook = ms > expectation.usualMs && pooled.inFlight === 0;
    if (isWorthALook && (slowOne === undefined || usedBefore(pooled, slowOne))) slowOne = pooled;
    const score = scoreOf(pooled, ms, roster);
    if (score > bestScore) continue;
    equals = score < bestScore ? 1 : equals + 1;
    if (equals > 1 && random() >= 1 / equals) continue;
    best = pooled;
    bestMs = ms;
    bestScore = score;
  }
  if (best === undefined) return undefined;
  if (slowOne !== undefined && mayExplore(roster)) {
    if (expectedMs(slowOne, expectation) > slowMs) skips.slow -= 1;
    return { kind: 'chosen', pooled: slowOne, why: 'explored', of, skips };
  }
  if (bestMs > slowFromMs(fastMs) && request.evenSlow !== true) {
    return slowAnswer(roster, request, expectation, { slowMs: bestMs, fastMs, nowMs });
  }
  if (bestMs > slowMs) skips.slow -= 1;
  const why = of === 1 ? 'only-one' : 'soonest';
  const known = expectation.isKnown ? { expectedMs: bestMs } : undefined;
  return { kind: 'chosen', pooled: best, why, of, skips, ...known };
}

function usedBefore(one: PooledKey, other: PooledKey): boolean {
  return (one.counts.lastUsedMs ?? 0) < (other.counts.lastUsedMs ?? 0);
}
