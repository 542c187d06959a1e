import type { AttemptFailure } from '../../domain/failure.ts';
import type { KeyVerdict } from '../../domain/key-state.ts';
import { isGuessed } from '../rules/key-state.ts';
import type { PooledKey } from './pooled-key.ts';
import type { PeerStats, Call, ProviderKeys } from './provider-keys.ts';
import type { KeyStateMachine } from './transitions.ts';
import type { KeyId } from '../../domain/ids.ts';

/** A success re-evaluates at most this many keys that failed before it; the next success evaluates further keys. */
const maxJudgedPerSuccess = 8;

/**
 * Outlier detection: compares a failing key with its peers. One fault proves nothing; a later success of a peer makes
 * the key a suspect, a second consecutive fault starts a cooldown, and failing peers clear the key.
 */
export class OutlierDetector {
  readonly #stateMachine: KeyStateMachine;

  constructor(stateMachine: KeyStateMachine) {
    this.#stateMachine = stateMachine;
  }

  succeeded({ pooled, providerKeys, startedAtMonotonicMs }: Call, model: string, monotonicMs: number): void {
    if (pooled.streaks.size > 0) pooled.streaks.delete(model);
    providerKeys.recentOutcomes(model).note(pooled, false, startedAtMonotonicMs, monotonicMs);
    if (providerKeys.unjudged.size === 0) return;
    providerKeys.unjudged.delete(pooled);
    let left = maxJudgedPerSuccess;
    for (const other of providerKeys.unjudged) {
      if (left === 0) return;
      left -= 1;
      if (this.#standing(other, providerKeys, model, monotonicMs) !== 'suspect') continue;
      providerKeys.unjudged.delete(other);
      const { lastError } = other.counts;
      if (lastError !== undefined)
        this.#stateMachine.apply(providerKeys, other, { kind: 'suspect', reason: lastError.reason });
    }
  }

  /** Returns the verdict on the key after a failure. */
  failed(call: Call, failure: AttemptFailure, model: string, monotonicMs: number): KeyVerdict {
    const { pooled, providerKeys, startedAtMonotonicMs } = call;
    if (failure.reason === 'timed-out') return afterTimeout(pooled, providerKeys);
    if (!isAmbiguous(failure) || !providerKeys.mechanisms.outlierDetection) return verdictFor(failure);
    providerKeys.recentOutcomes(model).note(pooled, true, startedAtMonotonicMs, monotonicMs);
    const streak = pooled.streaks.get(model);
    if (streak === undefined)
      pooled.streaks.set(model, { inARow: 1, sinceMonotonicMs: startedAtMonotonicMs, lastMonotonicMs: monotonicMs });
    else if (startedAtMonotonicMs >= streak.lastMonotonicMs) {
      streak.inARow += 1;
      streak.lastMonotonicMs = monotonicMs;
    }
    const standing = this.#standing(pooled, providerKeys, model, monotonicMs);
    if (standing === 'like-others') this.#clearSuspects(providerKeys);
    if (!pooled.acceptsCalls || providerKeys.acceptingCount < 2) return { kind: 'nothing' };
    if (standing === 'alone' && mayCoolDown(pooled, providerKeys)) return { kind: 'cool', reason: 'fails-alone' };
    if (standing === 'suspect' || standing === 'alone') return { kind: 'suspect', reason: failure.reason };
    providerKeys.unjudged.add(pooled);
    return { kind: 'nothing' };
  }

  #standing(pooled: PooledKey, providerKeys: ProviderKeys, model: string, monotonicMs: number): PeerVerdict {
    const streak = pooled.streaks.get(model);
    if (streak === undefined) return 'unknown';
    return judgeByPeers(
      streak.inARow,
      providerKeys.recentOutcomes(model).peersOf(pooled, streak.sinceMonotonicMs, monotonicMs),
    );
  }

  /** Peers fail too, so the keys are not at fault. */
  #clearSuspects(providerKeys: ProviderKeys): void {
    if (providerKeys.states.suspect === 0) return;
    for (const pooled of providerKeys.keys) {
      if (pooled.state.kind === 'suspect') this.#stateMachine.apply(providerKeys, pooled, { kind: 'cleared' });
    }
  }
}

/** The abandoned run may still occupy the seat of the account. */
function afterTimeout(pooled: PooledKey, providerKeys: ProviderKeys): KeyVerdict {
  if (!providerKeys.mechanisms.timeoutCooldown || !mayCoolDown(pooled, providerKeys)) return { kind: 'nothing' };
  if (pooled.acceptsCalls) pooled.timedOutInARow += 1;
  return { kind: 'cool', reason: 'timed-out' };
}

/** True when key or provider may be at fault: only a comparison with peers decides. */
function isAmbiguous({ reason }: AttemptFailure): boolean {
  return reason === 'overloaded' || reason === 'unreachable' || reason === 'malformed' || reason === 'failed-run';
}

/** True when one more key may cool down on a guess: never the last key that accepts calls, never more than half of the keys. */
function mayCoolDown(pooled: PooledKey, providerKeys: ProviderKeys): boolean {
  let alive = 0;
  let resting = 0;
  let acceptingCount = 0;
  for (const other of providerKeys.keys) {
    const { state } = other;
    if (state.kind === 'benched' || state.kind === 'probing' || state.kind === 'disabled') continue;
    alive += 1;
    if (other === pooled) continue;
    if (other.acceptsCalls) acceptingCount += 1;
    else if (isGuessed(state)) resting += 1;
  }
  return acceptingCount > 0 && resting + 1 <= Math.floor(alive / 2);
}

/** What a failed attempt says about the key it was made with, all by itself (docs/behaviour.md, "When something goes wrong"). */
function verdictFor(failure: AttemptFailure): KeyVerdict {
  switch (failure.reason) {
    case 'rejected':
      return { kind: 'bench', reason: failure.reason };
    case 'out-of-credit':
      return {
        kind: 'bench',
        reason: failure.reason,
        ...(failure.retryAfterMs === undefined ? {} : { forMs: failure.retryAfterMs }),
      };
    case 'rate-limited':
      return {
        kind: 'cool',
        reason: 'rate-limited',
        ...(failure.retryAfterMs === undefined ? {} : { forMs: failure.retryAfterMs }),
      };
    case 'concurrency':
    case 'timed-out':
      return { kind: 'cool', reason: failure.reason };
    case 'not-entitled':
    case 'unknown-model':
    case 'overloaded':
    case 'unreachable':
    case 'malformed':
    case 'blocks-this-machine':
    case 'failed-run':
    case 'unrecognized':
    case 'result-unavailable':
    case 'result-forbidden':
    case 'result-unusable':
    case 'result-too-large':
    case 'bad-request':
    case 'refused':
      return { kind: 'nothing' };
  }
}

/** How likely a call is thought to fail by the provider's fault before anything is known. */
const usualFaults = 0.03;
/** When peers fail more often than this, a fault does not point to the key. */
const fewFaults = 0.1;
/** Less likely than this, a row of failures is no chance. */
const noChance = 0.001;

type PeerVerdict =
  /** Others fail too. */
  | 'like-others'
  /** No other key has succeeded since. */
  | 'unknown'
  /** It failed, and a sibling's call that began later succeeded. */
  | 'suspect'
  /** Too many in a row where the others do not fail. */
  | 'alone';

/**
 * Whether a key that has failed `inARow` times by the provider's fault stands out among its siblings, whose calls for
 * the same model are the peers: the more of those failed too, the more failures of its own it takes. With a provider that
 * goes down, or that fails at random, no key is set apart for it.
 */
export function judgeByPeers(inARow: number, { calls, faults, successesSince, faultsSince }: PeerStats): PeerVerdict {
  const chance = Math.max(faultRate(faults, calls), faultRate(faultsSince, successesSince + faultsSince));
  if (inARow > 1 && chance ** inARow < noChance) return 'alone';
  if (chance > fewFaults) return 'like-others';
  return successesSince > 0 ? 'suspect' : 'unknown';
}

/** How often calls fail, taken rather too high than too low: few calls say little. */
function faultRate(faults: number, calls: number): number {
  const rate = (faults + usualFaults) / (calls + 1);
  const uncertainty = faults === 0 ? 0 : Math.sqrt((rate * (1 - rate)) / (calls + 1));
  return Math.min(1, rate + uncertainty);
}

/** A key that is limited this often with one model, over this long and without one success, has no right to the model. */
const enough = { limits: 8, spanMs: 10 * 60_000 } as const;
/** More pairs are forgotten all at once: none of them was concluded upon. */
const maxPairs = 10_000;

type Streak = { limits: number; readonly sinceMonotonicMs: number };

/**
 * Finds the rate limit that never ends. Some providers refuse every call to a model outside the plan of a key with the
 * status of a rate limit, and with a wait that changes nothing. One success of the pair shows that the plan includes it.
 */
export class PlanWatch {
  readonly #streaks = new Map<string, Streak>();
  readonly #served = new Set<string>();

  /** Records a rate limit. Returns true when the model does not seem to be in the plan of the key; counting then starts again. */
  limited(id: KeyId, model: string, monotonicMs: number): boolean {
    const pair = `${id} ${model}`;
    if (this.#served.has(pair)) return false;
    if (this.#streaks.size >= maxPairs) this.#streaks.clear();
    const streak = this.#streaks.get(pair) ?? { limits: 0, sinceMonotonicMs: monotonicMs };
    streak.limits += 1;
    this.#streaks.set(pair, streak);
    const isEndless = streak.limits >= enough.limits && monotonicMs - streak.sinceMonotonicMs >= enough.spanMs;
    if (isEndless) this.#streaks.delete(pair);
    return isEndless;
  }

  succeeded(id: KeyId, model: string): void {
    const pair = `${id} ${model}`;
    if (this.#served.has(pair)) return;
    if (this.#served.size >= maxPairs) this.#served.clear();
    this.#served.add(pair);
    this.#streaks.delete(pair);
  }
}
