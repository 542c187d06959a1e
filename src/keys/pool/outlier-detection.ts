import type { PooledKey } from './pooled-key.ts';
import { isGuessed } from '../rules/key-state.ts';
import type { Roster, Call } from './provider-keys.ts';
import type { AttemptFailure } from '../../domain/failure.ts';
import type { KeyVerdict } from '../../domain/key-state.ts';
import { standingOf, type Standing } from '../rules/outlier-statistics.ts';
import type { KeyLives } from './transitions.ts';
import { verdictFor } from '../rules/verdict.ts';

/** True when one more key may rest by a guess: never the last one that takes calls, never more than half of the keys. */
export function mayRestByGuess(pooled: PooledKey, roster: Roster): boolean {
  let alive = 0;
  let resting = 0;
  let takers = 0;
  for (const other of roster.keys) {
    const { state } = other;
    if (state.kind === 'benched' || state.kind === 'probing' || state.kind === 'disabled') continue;
    alive += 1;
    if (other === pooled) continue;
    if (other.takes) takers += 1;
    else if (isGuessed(state)) resting += 1;
  }
  return takers > 0 && resting + 1 <= Math.floor(alive / 2);
}

/** A success tells about so many keys that failed before it; the next one about others. */
const mostJudgedAtOnce = 8;

/**
 * Tells the key's fault from the provider's by how its siblings fare. One fault is nobody's yet; a sibling's later
 * success makes the key a suspect, a second fault in a row makes it rest, and siblings that fail too clear it.
 */
export class FaultJudge {
  readonly #lives: KeyLives;

  constructor(lives: KeyLives) {
    this.#lives = lives;
  }

  succeeded({ pooled, roster, fromUpMs }: Call, model: string, upMs: number): void {
    if (pooled.streaks.size > 0) pooled.streaks.delete(model);
    roster.witnesses(model).note(pooled, false, fromUpMs, upMs);
    if (roster.unjudged.size === 0) return;
    roster.unjudged.delete(pooled);
    let left = mostJudgedAtOnce;
    for (const other of roster.unjudged) {
      if (left === 0) return;
      left -= 1;
      if (this.#standing(other, roster, model, upMs) !== 'suspect') continue;
      roster.unjudged.delete(other);
      const { lastError } = other.counts;
      if (lastError !== undefined) this.#lives.happen(roster, other, { kind: 'suspect', reason: lastError.reason });
    }
  }

  /** What the failure says of the key. */
  failed(call: Call, failure: AttemptFailure, model: string, upMs: number): KeyVerdict {
    const { pooled, roster, fromUpMs } = call;
    if (failure.reason === 'timed-out') return afterTimeout(pooled, roster);
    if (!isAmbiguous(failure) || !roster.mechanisms.outlierDetection) return verdictFor(failure);
    roster.witnesses(model).note(pooled, true, fromUpMs, upMs);
    const streak = pooled.streaks.get(model);
    if (streak === undefined) pooled.streaks.set(model, { inARow: 1, sinceUpMs: fromUpMs, lastUpMs: upMs });
    else if (fromUpMs >= streak.lastUpMs) {
      streak.inARow += 1;
      streak.lastUpMs = upMs;
    }
    const standing = this.#standing(pooled, roster, model, upMs);
    if (standing === 'like-others') this.#clearSuspects(roster);
    if (!pooled.takes || roster.takers < 2) return { kind: 'nothing' };
    if (standing === 'alone' && mayRestByGuess(pooled, roster)) return { kind: 'cool', reason: 'fails-alone' };
    if (standing === 'suspect' || standing === 'alone') return { kind: 'suspect', reason: failure.reason };
    roster.unjudged.add(pooled);
    return { kind: 'nothing' };
  }

  #standing(pooled: PooledKey, roster: Roster, model: string, upMs: number): Standing {
    const streak = pooled.streaks.get(model);
    if (streak === undefined) return 'unknown';
    return standingOf(streak.inARow, roster.witnesses(model).beside(pooled, streak.sinceUpMs, upMs));
  }

  /** Others fail too: it was not the key. */
  #clearSuspects(roster: Roster): void {
    if (roster.states.suspect === 0) return;
    for (const pooled of roster.keys) {
      if (pooled.state.kind === 'suspect') this.#lives.happen(roster, pooled, { kind: 'cleared' });
    }
  }
}

/** The abandoned run may still hold the account's seat. */
function afterTimeout(pooled: PooledKey, roster: Roster): KeyVerdict {
  if (!roster.mechanisms.timeoutCooldown || !mayRestByGuess(pooled, roster)) return { kind: 'nothing' };
  if (pooled.takes) pooled.timedOutInARow += 1;
  return { kind: 'cool', reason: 'timed-out' };
}

/** May be the key's fault as well as the provider's: only its siblings can tell. */
function isAmbiguous({ reason }: AttemptFailure): boolean {
  return reason === 'overloaded' || reason === 'unreachable' || reason === 'malformed' || reason === 'failed-run';
}
