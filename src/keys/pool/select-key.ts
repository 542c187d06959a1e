import type { ChoiceWhy } from '../../domain/attempt-trail.ts';
import type { SeatAnswer, SeatRequest } from '../../domain/key-leases.ts';
import type { JobKind } from '../../domain/kinds.ts';
import { availabilityOf } from '../../domain/views.ts';
import type { Random } from '../../kit/backoff.ts';
import {
  type Chosen,
  type Moment,
  type Slow,
  expectationOf,
  leastExpectedTime,
  twoChoices,
} from './least-expected-time.ts';
import type { PooledKey } from './pooled-key.ts';
import type { ProviderKeys } from './provider-keys.ts';

/** Up to this many keys, every key is scored. */
const smallPool = 32;
/** While other keys are free, one of this many leases goes to a trial that may cost the person time. */
const trialEvery = 8;

/** Selects the key for the next call, if one has a free seat; keys that failed this job come last. */
export function chooseKey(
  providerKeys: ProviderKeys,
  request: SeatRequest,
  strategy: StrategyName,
  moment: Moment,
): Chosen | Slow | undefined {
  const rule = strategies[strategy];
  const trial = trialOf(providerKeys, request, moment.nowMs);
  if (trial !== undefined && mayTry(trial, providerKeys)) return tried(trial, providerKeys);
  const chosen = among(providerKeys, request, rule, moment);
  if (chosen !== undefined) return chosen;
  if (trial !== undefined) return tried(trial, providerKeys);
  if (request.avoid === undefined || request.avoid.size === 0) return undefined;
  const { avoid: _failedWith, ...anyKey } = request;
  return chooseKey(providerKeys, anyKey, strategy, moment);
}

function among(
  providerKeys: ProviderKeys,
  request: SeatRequest,
  rule: (typeof strategies)[StrategyName],
  moment: Moment,
): Chosen | Slow | undefined {
  if (providerKeys.open.length === 0) return undefined;
  if (typeof rule !== 'string') return byRule(providerKeys, request, rule, moment);
  const expectation = expectationOf(providerKeys, request);
  const isLarge = providerKeys.mechanisms.twoChoices && providerKeys.keys.length > smallPool;
  const quick = isLarge ? twoChoices(providerKeys, request, expectation, moment) : undefined;
  return quick ?? leastExpectedTime(providerKeys, request, expectation, moment);
}

function byRule(
  { keys: all, open, lastPlace }: ProviderKeys,
  request: SeatRequest,
  { why, choose }: PlainRule,
  { nowMs, random }: Moment,
): Chosen | undefined {
  const { avoid } = request;
  const suited = all.filter(
    (pooled) => pooled.freeIndex >= 0 && pooled.suits(request, nowMs) && avoid?.has(pooled.key.id) !== true,
  );
  const trusted = suited.filter(({ state }) => state.kind !== 'suspect');
  const keys = trusted.length > 0 ? trusted : suited;
  const pooled = choose(keys, { lastPlace, random });
  if (pooled === undefined) return undefined;
  const justFailed = open.filter(({ key }) => avoid?.has(key.id) === true).length;
  const skips = { otherModel: open.length - suited.length - justFailed, justFailed, slow: 0 };
  return { kind: 'chosen', pooled, why: keys.length === 1 ? 'only-one' : why, of: keys.length, skips };
}

function trialOf(providerKeys: ProviderKeys, request: SeatRequest, nowMs: number): PooledKey | undefined {
  if (providerKeys.trials.size === 0) return undefined;
  const { avoid } = request;
  let costly: PooledKey | undefined;
  for (const pooled of providerKeys.trials) {
    if (!pooled.suits(request, nowMs) || avoid?.has(pooled.key.id) === true) continue;
    if (!isCostly(pooled)) return pooled;
    costly ??= pooled;
  }
  return costly;
}

/** A refused trial costs nothing; a trial that fails or hangs costs an attempt. */
function isCostly({ state }: PooledKey): boolean {
  return state.kind === 'half-open' && (state.after === 'timed-out' || state.after === 'fails-alone');
}

function mayTry(pooled: PooledKey, providerKeys: ProviderKeys): boolean {
  return !isCostly(pooled) || providerKeys.handedOut - providerKeys.lastTrialAt >= trialEvery;
}

function tried(pooled: PooledKey, providerKeys: ProviderKeys): Chosen {
  return {
    kind: 'chosen',
    pooled,
    why: 'half-open',
    of: providerKeys.open.length + providerKeys.trials.size,
    skips: { otherModel: 0, justFailed: 0, slow: 0 },
  };
}

/** Returns why no key that suits the request has a free seat. */
export function whyNoSeat(
  providerKeys: ProviderKeys,
  request: SeatRequest,
  nowMs: number,
): Exclude<SeatAnswer, { kind: 'seat' | 'slow' }> {
  const { model, job } = request;
  if (model === undefined && providerKeys.acceptingCount > 0) return { kind: 'busy' };
  const serving = model === undefined ? providerKeys.keys : suitingOf(providerKeys.keys, request, nowMs);
  const availability = availabilityOf(serving, providerKeys.acceptingCount === 0);
  const untilMs = model === undefined ? undefined : creditUntilMs(providerKeys.keys, model, job, nowMs);
  // Keys whose credit does not cover this kind of work are out of credit for it, whatever else they do.
  if (untilMs !== undefined && (availability.kind === 'no-keys' || availability.kind === 'benched')) {
    return { kind: 'benched', reason: 'out-of-credit', probeAtMs: untilMs };
  }
  switch (availability.kind) {
    case 'taking':
    // A probe ends soon, so waiting for its result is worthwhile.
    case 'probing':
      return { kind: 'busy' };
    case 'cooling':
    case 'benched':
    case 'no-keys':
      return availability;
  }
}

function* suitingOf(keys: readonly PooledKey[], request: SeatRequest, nowMs: number): Generator<PooledKey> {
  for (const pooled of keys) if (pooled.suits(request, nowMs)) yield pooled;
}

/** When the first key whose credit does not cover this may cover it again. */
function creditUntilMs(
  keys: readonly PooledKey[],
  model: string,
  job: JobKind | undefined,
  nowMs: number,
): number | undefined {
  const times = keys.flatMap((pooled) => pooled.beyondCreditUntilMs(model, job, nowMs) ?? []);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** What a plain rule may look at; only keys with a free seat are shown to it. */
export type KeyChoice = {
  readonly place: number;
  readonly weight: number;
  readonly calls: number;
};

type StrategyContext = {
  /** Place of the key that was handed out last; 0 before the first. */
  readonly lastPlace: number;
  readonly random: Random;
};

/** Chooses one of the keys; undefined only when there is none. */
type Strategy = <Key extends KeyChoice>(keys: readonly Key[], context: StrategyContext) => Key | undefined;

/** A rule that looks neither at time nor at health. */
type PlainRule = { readonly why: ChoiceWhy; readonly choose: Strategy };

/** Each in its turn, by place. */
const roundRobin: Strategy = (keys, { lastPlace }) =>
  first(keys, (a, b) => Number(a.place <= lastPlace) - Number(b.place <= lastPlace) || a.place - b.place);

/** The one that was called least. */
const leastUsed: Strategy = (keys) => first(keys, (a, b) => a.calls - b.calls || a.place - b.place);

/** By chance, in proportion to the weights. */
const weighted: Strategy = (keys, { random }) => {
  let left = random() * keys.reduce((sum, key) => sum + key.weight, 0);
  for (const key of keys) {
    left -= key.weight;
    if (left < 0) return key;
  }
  return keys[0];
};

/** The first in the order of the environment, as long as it has a seat. */
const primaryFirst: Strategy = (keys) => first(keys, (a, b) => a.place - b.place);

/** How the pool chooses among the keys that have a seat: by expected time, or by one of the plain rules. */
export const strategies = {
  'health-based': 'by-expected-time',
  'round-robin': { why: 'in-turn', choose: roundRobin },
  'least-used': { why: 'least-used', choose: leastUsed },
  weighted: { why: 'by-weight', choose: weighted },
  'primary-first': { why: 'first-in-order', choose: primaryFirst },
} as const satisfies Record<string, 'by-expected-time' | PlainRule>;

export type StrategyName = keyof typeof strategies;

/** The key that comes first in an order. */
function first<Key>(keys: readonly Key[], order: (a: Key, b: Key) => number): Key | undefined {
  let foremost = keys[0];
  for (const key of keys) if (foremost !== undefined && order(key, foremost) < 0) foremost = key;
  return foremost;
}
