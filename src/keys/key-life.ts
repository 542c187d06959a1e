import type { BenchReason, KeyState, KeyVerdict } from '../domain/key-state.ts';
import { backoffMs } from '../kit/backoff.ts';
import type { Random } from '../kit/random.ts';

/** What happens to a key: an attempt's verdict, its free probe, time, or a human. */
export type KeyHappening =
  | KeyVerdict
  | { readonly kind: 'probe-begins' }
  | { readonly kind: 'probe-passed' }
  /** Refused again. */
  | { readonly kind: 'probe-failed' }
  /** The probe said nothing about the key (network, provider down). */
  | { readonly kind: 'probe-unsure' }
  | { readonly kind: 'wake' }
  | { readonly kind: 'disable' }
  | { readonly kind: 'enable' };

export type LifeFacts = {
  readonly nowMs: number;
  /** Refusals for rate or concurrency in a row, this one included. */
  readonly limitedInARow: number;
  readonly random: Random;
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const probeAfterRejectionMs = [minuteMs, 5 * minuteMs, 15 * minuteMs, hourMs] as const;
const longestCreditRestMs = 24 * hourMs;
/** An abandoned run may still hold the account's seat. */
const afterTimeoutMs = 5_000;

/**
 * The life of a key, and the only place that changes it:
 *
 *     ready ──429, timeout──► cooling ──its time──► ready
 *     ready, cooling ──401, 403, 402──► benched ──due──► probing ──passed──► ready
 *                                          ▲                └──refused──► benched, for longer
 *     any ──an admin──► disabled ──an admin──► ready
 *
 * A wake-up time is only ever moved later by verdicts; a passed probe, a success on the due call and a human may end a
 * rest early. A success that was on its way before the key was benched does not wake it.
 */
export function nextKeyState(state: KeyState, happening: KeyHappening, facts: LifeFacts): KeyState {
  if (happening.kind === 'disable') return { kind: 'disabled' };
  if (state.kind === 'disabled') return happening.kind === 'enable' ? { kind: 'ready' } : state;
  switch (happening.kind) {
    case 'nothing':
      return state.kind === 'probing' ? benched(state.reason, state.times, facts.nowMs) : state;
    case 'fine':
    case 'probe-passed':
      return state.kind === 'probing' ? { kind: 'ready' } : state;
    case 'wake':
    case 'enable':
      return { kind: 'ready' };
    case 'bench':
      return state.kind === 'benched' ? state : benched(happening.reason, timesOf(state) + 1, facts.nowMs);
    case 'cool':
      return state.kind === 'benched' || state.kind === 'probing'
        ? back(state, facts.nowMs)
        : cool(state, happening, facts);
    case 'probe-begins':
      return state.kind === 'benched' ? { kind: 'probing', reason: state.reason, times: state.times } : state;
    case 'probe-failed':
      return state.kind === 'probing' ? benched(state.reason, state.times + 1, facts.nowMs) : state;
    case 'probe-unsure':
      return back(state, facts.nowMs);
  }
}

/** The state a key is in at `nowMs`: a rest that is over is over. */
export function stateAt(state: KeyState, nowMs: number): KeyState {
  return state.kind === 'cooling' && state.untilMs <= nowMs ? { kind: 'ready' } : state;
}

function back(state: KeyState, nowMs: number): KeyState {
  return state.kind === 'probing' ? benched(state.reason, state.times, nowMs) : state;
}

function benched(reason: BenchReason, times: number, nowMs: number): KeyState {
  return { kind: 'benched', reason, times, probeAtMs: nowMs + restMs(reason, times) };
}

function restMs(reason: BenchReason, times: number): number {
  if (reason === 'out-of-credit') return Math.min(longestCreditRestMs, hourMs * 2 ** Math.min(times - 1, 10));
  return probeAfterRejectionMs[Math.min(times, probeAfterRejectionMs.length) - 1] ?? hourMs;
}

function timesOf(state: KeyState): number {
  return state.kind === 'probing' ? state.times : 0;
}

function cool(state: KeyState, verdict: Extract<KeyVerdict, { kind: 'cool' }>, facts: LifeFacts): KeyState {
  const guessMs =
    verdict.reason === 'timed-out'
      ? afterTimeoutMs
      : backoffMs(Math.max(1, facts.limitedInARow), { baseMs: 2_000, capMs: 60_000 }, facts.random);
  const untilMs = facts.nowMs + (verdict.forMs ?? guessMs);
  return state.kind === 'cooling' && state.untilMs >= untilMs
    ? state
    : { kind: 'cooling', untilMs, reason: verdict.reason };
}
