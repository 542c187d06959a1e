import type { BenchReason, KeyState, KeyVerdict } from '../../domain/key-state.ts';
import type { Random } from '../../kit/backoff.ts';
import { benchCooldownMs, guessedCooldownMs, maxCooldownMs, seatTakenCooldownMs } from './cooldowns.ts';

/** What happens to a key: an attempt's verdict, time, its free probe, the provider's own trouble, or a human. */
export type KeyEvent =
  | KeyVerdict
  /** Refused although it carries nothing: its account's seat may carry a sibling's call, which lasts about so long. */
  | { readonly kind: 'seat-taken'; readonly callMs: number }
  /** Its rest is over, or half over where it was a guess and no other key is left or its seat may be free. */
  | { readonly kind: 'due' }
  | { readonly kind: 'probe-begins' }
  | { readonly kind: 'probe-passed' }
  /** Refused again. */
  | { readonly kind: 'probe-failed' }
  /** The probe said nothing about the key (network, provider down). */
  | { readonly kind: 'probe-unsure' }
  /** What was held against it turned out to be the provider's fault. */
  | { readonly kind: 'cleared' }
  | { readonly kind: 'wake' }
  | { readonly kind: 'disable' }
  | { readonly kind: 'enable' };

export type LifeFacts = {
  readonly nowMs: number;
  /** Rests of the same kind in a row, the one that begins now included. */
  readonly inARow: number;
  readonly random: Random;
};

type Cooling = Extract<KeyState, { kind: 'cooling' }>;

const ready: KeyState = { kind: 'ready' };

/**
 * The life of a key, and the only place that changes it:
 *
 *     ready ──one ambiguous fault──► suspect ──a success──► ready
 *     ready, suspect ──429, timeout, fails alone──► cooling ──its time──► half-open
 *     ready, suspect ──its account's seat taken──► cooling for about a call's length ──its time, a free seat──► half-open
 *     any of these ──401, 403, 402──► benched
 *     benched as rejected ──the free probe──► probing ──passed──► half-open
 *                    ▲                           └──refused──► benched, now confirmed
 *     benched as out of credit ──its time──► half-open
 *     half-open ──one live call: a success──► ready
 *         └──refused──► benched for longer, limited──► cooling for longer, the provider's fault──► half-open
 *     any ──an admin──► disabled ──an admin──► ready
 *
 * A time to wake is only ever moved later by verdicts. Earlier than it a key comes back by a passed probe, by a human,
 * when the guess behind its cooldown is taken back, when the call that may have held its seat ended, or at half of a guessed
 * rest. A success that was on its way before the key began to rest does not wake it.
 */
export function nextKeyState(state: KeyState, event: KeyEvent, facts: LifeFacts): KeyState {
  if (event.kind === 'disable') return state.kind === 'disabled' ? state : { kind: 'disabled' };
  if (state.kind === 'disabled') return event.kind === 'enable' ? ready : state;
  switch (event.kind) {
    case 'nothing':
      return state;
    case 'fine':
      return state.kind === 'suspect' || state.kind === 'half-open' ? ready : state;
    case 'suspect':
      return state.kind === 'ready' ? { ...event, sinceMs: facts.nowMs } : state;
    case 'cool':
      return isBenched(state) ? state : cooled(state, event, facts);
    case 'seat-taken':
      return isBenched(state) ? state : seatTaken(state, event.callMs, facts);
    case 'bench':
      return isBenched(state) ? state : benchedByCall(state, event.reason, facts.nowMs);
    case 'due':
      return awoken(state, facts.inARow);
    case 'cleared':
      return isGuessed(state) ? ready : state;
    case 'wake':
    case 'enable':
      return state.kind === 'ready' ? state : ready;
    case 'probe-begins':
    case 'probe-passed':
    case 'probe-failed':
    case 'probe-unsure':
      return afterProbe(state, event.kind, facts.nowMs);
  }
}

/** True for a key that is not handed out, and not because it rests. */
export function isOut({ kind }: KeyState): boolean {
  return kind === 'benched' || kind === 'probing' || kind === 'disabled';
}

/** True when nobody said that the key is at fault: it failed where it could have been the provider. */
export function isGuessed(state: KeyState): state is Cooling | Extract<KeyState, { kind: 'suspect' }> {
  if (state.kind === 'suspect') return true;
  return state.kind === 'cooling' && !state.stated && (state.reason === 'timed-out' || state.reason === 'fails-alone');
}

function isBenched(state: KeyState): state is Extract<KeyState, { kind: 'benched' | 'probing' }> {
  return state.kind === 'benched' || state.kind === 'probing';
}

function awoken(state: KeyState, inARow: number): KeyState {
  if (state.kind === 'cooling') return { kind: 'half-open', after: state.reason, times: Math.max(1, inARow) };
  if (state.kind !== 'benched' || state.reason !== 'out-of-credit') return state;
  return { kind: 'half-open', after: state.reason, times: state.times };
}

function cooled(state: KeyState, verdict: Extract<KeyVerdict, { kind: 'cool' }>, facts: LifeFacts): KeyState {
  const { nowMs, inARow, random } = facts;
  const forMs =
    verdict.forMs === undefined
      ? guessedCooldownMs(verdict.reason, inARow, random)
      : Math.min(verdict.forMs, maxCooldownMs.stated);
  const stated = verdict.forMs !== undefined;
  return rested(state, {
    kind: 'cooling',
    sinceMs: nowMs,
    untilMs: nowMs + forMs,
    reason: verdict.reason,
    stated,
  });
}

function seatTaken(state: KeyState, callMs: number, { nowMs, inARow, random }: LifeFacts): KeyState {
  const untilMs = nowMs + seatTakenCooldownMs(callMs, inARow, random);
  return rested(state, { kind: 'cooling', sinceMs: nowMs, untilMs, reason: 'concurrency', stated: false });
}

/** A rest that is under way is only ever made longer. */
function rested(state: KeyState, rest: Cooling): KeyState {
  if (state.kind !== 'cooling') return rest;
  const { sinceMs } = state;
  const { stated } = rest;
  // A time that the provider named holds, however the rest grows: a guess on top of it is not tried at half.
  if (rest.untilMs > state.untilMs) return { ...rest, sinceMs, stated: stated || state.stated };
  return stated && !state.stated ? { ...state, stated } : state;
}

function benchedByCall(state: KeyState, reason: BenchReason, nowMs: number): KeyState {
  const before = state.kind === 'half-open' && state.after === reason ? state.times : 0;
  return benched(reason, before + 1, before > 0, nowMs, state);
}

function afterProbe(
  state: KeyState,
  probe: 'probe-begins' | 'probe-passed' | 'probe-failed' | 'probe-unsure',
  nowMs: number,
): KeyState {
  if (!isBenched(state)) {
    if (probe !== 'probe-failed') return state;
    const before = state.kind === 'half-open' && state.after === 'rejected' ? state.times : 0;
    return benched('rejected', before + 1, true, nowMs, state);
  }
  const { reason, times, confirmed } = state;
  // Of credit the free probe knows nothing.
  if (reason === 'out-of-credit') return state;
  switch (probe) {
    case 'probe-begins':
      return state.kind === 'probing' ? state : { kind: 'probing', reason, times, confirmed };
    case 'probe-passed':
      return { kind: 'half-open', after: reason, times };
    case 'probe-failed':
      // The probe that confirms the first refusal is not a second one.
      return benched(reason, confirmed ? times + 1 : times, true, nowMs, state);
    case 'probe-unsure':
      return state.kind === 'probing' ? benched(reason, times, confirmed, nowMs, state) : state;
  }
}

function benched(reason: BenchReason, times: number, confirmed: boolean, nowMs: number, before: KeyState): KeyState {
  const untilMs = before.kind === 'cooling' ? before.untilMs : before.kind === 'benched' ? before.probeAtMs : 0;
  const probeAtMs = Math.max(untilMs, nowMs + benchCooldownMs(reason, times));
  return { kind: 'benched', reason, probeAtMs, times, confirmed };
}
