import { type Chosen, type Slow, expectationOf, type Moment, soonest, twoChoices } from './least-expected-time.ts';
import type { SeatRequest, SeatAnswer } from '../../domain/key-leases.ts';
import type { PooledKey } from './pooled-key.ts';
import type { Roster } from './provider-keys.ts';
import { type PlainRule, strategies, type StrategyName } from '../rules/strategies.ts';
import { availabilityOf } from '../../domain/availability.ts';

/** Up to here every key is looked at. */
const smallPool = 32;
/** A careful call that may cost a person time is made once in so many, while other keys are free. */
const trialEvery = 8;

/** The key for the next call, if one has a seat; keys that this job failed with come last. */
export function chooseKey(
  roster: Roster,
  request: SeatRequest,
  strategy: StrategyName,
  moment: Moment,
): Chosen | Slow | undefined {
  const rule = strategies[strategy];
  const trial = trialOf(roster, request, moment.nowMs);
  if (trial !== undefined && mayTry(trial, roster)) return tried(trial, roster);
  const chosen = among(roster, request, rule, moment);
  if (chosen !== undefined) return chosen;
  if (trial !== undefined) return tried(trial, roster);
  if (request.avoid === undefined || request.avoid.size === 0) return undefined;
  const { avoid: _failedWith, ...anyKey } = request;
  return chooseKey(roster, anyKey, strategy, moment);
}

function among(
  roster: Roster,
  request: SeatRequest,
  rule: (typeof strategies)[StrategyName],
  moment: Moment,
): Chosen | Slow | undefined {
  if (roster.open.length === 0) return undefined;
  if (typeof rule !== 'string') return byRule(roster, request, rule, moment);
  const expectation = expectationOf(roster, request);
  const isLarge = roster.mechanisms.twoChoices && roster.keys.length > smallPool;
  const quick = isLarge ? twoChoices(roster, request, expectation, moment) : undefined;
  return quick ?? soonest(roster, request, expectation, moment);
}

function byRule(
  { keys: all, open, lastPlace }: Roster,
  { model, avoid }: SeatRequest,
  { why, choose }: PlainRule,
  { nowMs, random }: Moment,
): Chosen | undefined {
  const suited = all.filter(
    (pooled) => pooled.openAt >= 0 && pooled.serves(model, nowMs) && avoid?.has(pooled.key.id) !== true,
  );
  const trusted = suited.filter(({ state }) => state.kind !== 'suspect');
  const keys = trusted.length > 0 ? trusted : suited;
  const pooled = choose(keys, { lastPlace, random });
  if (pooled === undefined) return undefined;
  const justFailed = open.filter(({ key }) => avoid?.has(key.id) === true).length;
  const skips = { otherModel: open.length - suited.length - justFailed, justFailed, slow: 0 };
  return { kind: 'chosen', pooled, why: keys.length === 1 ? 'only-one' : why, of: keys.length, skips };
}

function trialOf(roster: Roster, { model, avoid }: SeatRequest, nowMs: number): PooledKey | undefined {
  if (roster.trials.size === 0) return undefined;
  let costly: PooledKey | undefined;
  for (const pooled of roster.trials) {
    if (!pooled.serves(model, nowMs) || avoid?.has(pooled.key.id) === true) continue;
    if (!isCostly(pooled)) return pooled;
    costly ??= pooled;
  }
  return costly;
}

/** A refusal costs nobody anything; a call that fails or hangs costs an attempt. */
function isCostly({ state }: PooledKey): boolean {
  return state.kind === 'half-open' && (state.after === 'timed-out' || state.after === 'fails-alone');
}

function mayTry(pooled: PooledKey, roster: Roster): boolean {
  return !isCostly(pooled) || roster.handedOut - roster.lastTrialAt >= trialEvery;
}

function tried(pooled: PooledKey, roster: Roster): Chosen {
  return {
    kind: 'chosen',
    pooled,
    why: 'half-open',
    of: roster.open.length + roster.trials.size,
    skips: { otherModel: 0, justFailed: 0, slow: 0 },
  };
}

/** Why none of the keys that serve the model has a seat to give. */
export function whyNoSeat(
  roster: Roster,
  model: string | undefined,
  nowMs: number,
): Exclude<SeatAnswer, { kind: 'seat' | 'slow' }> {
  if (model === undefined && roster.takers > 0) return { kind: 'busy' };
  const serving = model === undefined ? roster.keys : servingOf(roster.keys, model, nowMs);
  const availability = availabilityOf(serving, roster.takers === 0);
  switch (availability.kind) {
    case 'taking':
    // A key that is being probed is back in a moment, or not: the answer is worth waiting for.
    case 'probing':
      return { kind: 'busy' };
    case 'cooling':
    case 'benched':
    case 'no-keys':
      return availability;
  }
}

function* servingOf(keys: readonly PooledKey[], model: string, nowMs: number): Generator<PooledKey> {
  for (const pooled of keys) if (pooled.serves(model, nowMs)) yield pooled;
}
