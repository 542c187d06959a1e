import type { ChoiceWhy } from '../../domain/attempt-trail.ts';
import type { PooledKey, Account } from './pooled-key.ts';
import type { SeatAnswer, SeatRequest } from '../../domain/key-leases.ts';
import type { ProviderKeys, Skips } from './provider-keys.ts';
import type { Random } from '../../kit/backoff.ts';

export type Slow = Extract<SeatAnswer, { kind: 'slow' }>;

/** The chosen key and the reason for the choice. */
export type Chosen = {
  readonly kind: 'chosen';
  readonly pooled: PooledKey;
  readonly why: ChoiceWhy;
  readonly of: number;
  readonly skips: Skips;
  readonly expectedMs?: number;
};

/** A key is slow when its calls take this many times the usual latency. */
const slowFactor = 3;
/** Below this latency a ratio between two keys is noise. */
const quickMs = 50;
/** One of this many leases goes to a slow key, to measure it again. */
const exploreEvery = 64;
/** A suspect key ranks below every other key, however fast it is. */
const suspectFactor = 1e9;

/** The measured latency of the requested kind of call. */
export type Expectation = {
  readonly index: number;
  /** The median latency; used for a key without a measurement of its own. */
  readonly usualMs: number;
  /** False before the first successful call. */
  readonly isKnown: boolean;
};

const nothingKnown: Expectation = { index: -1, usualMs: 1, isKnown: false };

export function expectationOf(providerKeys: ProviderKeys, { model, job }: SeatRequest): Expectation {
  const histogram = (model === undefined ? undefined : providerKeys.histogramOf(model, job)) ?? providerKeys.allCalls;
  const usualMs = histogram.medianMs;
  if (usualMs === undefined || !providerKeys.mechanisms.latencyScoring) return nothingKnown;
  return { index: histogram.index, usualMs, isKnown: true };
}

/** Returns the expected duration of a call with this key. */
export function expectedMs(pooled: PooledKey, { index, usualMs }: Expectation): number {
  return pooled.expectedMs(index) ?? usualMs;
}

/** Returns the latency above which a key is slow, given the usual latency. */
export function slowFromMs(usualMs: number): number {
  return Math.max(usualMs, quickMs) * slowFactor;
}

/** Returns the least-expected-time score: latency times queue, weighted by errors; the smallest score wins. */
export function expectedScore(pooled: PooledKey, ms: number, { mechanisms }: ProviderKeys): number {
  const errors = mechanisms.errorScoring ? 1 + pooled.counts.consecutiveErrors : 1;
  const score = ((ms * (pooled.inFlight + 1)) / pooled.key.weight) * errors * errors;
  return pooled.state.kind === 'suspect' ? score * suspectFactor : score;
}

/** True when a slow key is due for a measurement. */
export function mayExplore(providerKeys: ProviderKeys): boolean {
  return providerKeys.mechanisms.exploration && providerKeys.handedOut - providerKeys.lastExploredAt >= exploreEvery;
}

/** Returns the answer for a request that only slow keys could serve: how many faster seats are busy. */
export function slowAnswer(
  providerKeys: ProviderKeys,
  request: SeatRequest,
  expectation: Expectation,
  times: { readonly slowMs: number; readonly fastMs: number; readonly nowMs: number },
): Slow {
  const { slowMs, fastMs, nowMs } = times;
  const fast = new Set<Account>();
  for (const pooled of providerKeys.keys) {
    if (!pooled.acceptsCalls || pooled.freeIndex >= 0 || pooled.inFlight === 0 || !pooled.suits(request, nowMs))
      continue;
    if (expectedMs(pooled, expectation) <= slowFromMs(fastMs)) fast.add(pooled.account);
  }
  const fastSeats = [...fast].reduce((sum, { capacity }) => sum + capacity, 0);
  return { kind: 'slow', slowMs, fastMs, fastSeats: Math.max(1, fastSeats) };
}

export type Moment = { readonly nowMs: number; readonly random: Random };

/**
 * Scores every key and returns the one with the least expected time; ties are broken at random. A slow key is held
 * back while faster keys are only busy, but it is explored from time to time.
 */
export function leastExpectedTime(
  providerKeys: ProviderKeys,
  request: SeatRequest,
  expectation: Expectation,
  { nowMs, random }: Moment,
): Chosen | Slow | undefined {
  const { avoid } = request;
  const slowMs = slowFromMs(expectation.usualMs);
  let best: PooledKey | undefined;
  let bestMs = 0;
  let bestScore = Infinity;
  let equals = 0;
  let slowOne: PooledKey | undefined;
  let fastMs = Infinity;
  let of = 0;
  const skips = { otherModel: 0, justFailed: 0, slow: 0 };
  for (const pooled of providerKeys.keys) {
    if (!pooled.acceptsCalls) continue;
    if (!pooled.suits(request, nowMs)) {
      skips.otherModel += 1;
      continue;
    }
    const ms = expectedMs(pooled, expectation);
    if (pooled.freeIndex < 0) {
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
    const score = expectedScore(pooled, ms, providerKeys);
    if (score > bestScore) continue;
    equals = score < bestScore ? 1 : equals + 1;
    if (equals > 1 && random() >= 1 / equals) continue;
    best = pooled;
    bestMs = ms;
    bestScore = score;
  }
  if (best === undefined) return undefined;
  if (slowOne !== undefined && mayExplore(providerKeys)) {
    if (expectedMs(slowOne, expectation) > slowMs) skips.slow -= 1;
    return { kind: 'chosen', pooled: slowOne, why: 'explored', of, skips };
  }
  if (bestMs > slowFromMs(fastMs) && request.evenSlow !== true) {
    return slowAnswer(providerKeys, request, expectation, { slowMs: bestMs, fastMs, nowMs });
  }
  if (bestMs > slowMs) skips.slow -= 1;
  const why = of === 1 ? 'only-one' : 'soonest';
  const known = expectation.isKnown ? { expectedMs: bestMs } : undefined;
  return { kind: 'chosen', pooled: best, why, of, skips, ...known };
}

function usedBefore(one: PooledKey, other: PooledKey): boolean {
  return (one.counts.lastUsedMs ?? 0) < (other.counts.lastUsedMs ?? 0);
}

/** Enough to find two that suit where a few do not. */
const maxDraws = 12;

/**
 * Draws two of the keys that have a seat and takes the better one: nearly as good as comparing all of them, whatever
 * their number. Undefined when chance found none that suits; they may be there all the same.
 */
export function twoChoices(
  providerKeys: ProviderKeys,
  request: SeatRequest,
  expectation: Expectation,
  { nowMs, random }: Moment,
): Chosen | Slow | undefined {
  const { open } = providerKeys;
  const slowMs = slowFromMs(expectation.usualMs);
  const hasBusy = providerKeys.acceptingCount > open.length + providerKeys.trials.size;
  let best: PooledKey | undefined;
  let bestMs = 0;
  let bestScore = Infinity;
  let slowOne: PooledKey | undefined;
  let found = 0;
  const skips = { otherModel: 0, justFailed: 0, slow: 0 };
  for (let draw = 0; draw < maxDraws && found < 2; draw += 1) {
    const pooled = open[Math.floor(random() * open.length)];
    if (pooled === undefined || pooled === best || pooled === slowOne) continue;
    if (!pooled.suits(request, nowMs)) {
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
    const score = expectedScore(pooled, ms, providerKeys);
    if (score >= bestScore) continue;
    best = pooled;
    bestMs = ms;
    bestScore = score;
  }
  if (slowOne?.inFlight === 0 && mayExplore(providerKeys)) {
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
        fastSeats: Math.max(1, providerKeys.capacity - open.length),
      };
    }
    best = slowOne;
    bestMs = ms;
  }
  const known = expectation.isKnown ? { expectedMs: bestMs } : undefined;
  return { kind: 'chosen', pooled: best, why: 'better-of-two', of: open.length, skips, ...known };
}
