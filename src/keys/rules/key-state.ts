import {
  isOut,
  type BenchReason,
  type CoolReason,
  coolsForWindow,
  type KeyState,
  type KeyVerdict,
} from '../../domain/key-state.ts';
import { type Random, backoffMs } from '../../kit/backoff.ts';

/** An event of a key: the verdict of an attempt, expired time, a free probe, a provider fault, or an admin's command. */
export type KeyEvent =
  | KeyVerdict
  /** All calls that the provider allows until then were sent. */
  | { readonly kind: 'window-shut'; readonly untilMs: number }
  /** The provider allows calls again, sooner than it was taken to. */
  | { readonly kind: 'window-open' }
  /** Refused while idle: a sibling may occupy the seat for about `callMs`. */
  | { readonly kind: 'seat-taken'; readonly callMs: number }
  /** Its cooldown is over; or half over, if it is a guess and no other key is left or its seat may be free. */
  | { readonly kind: 'due' }
  | { readonly kind: 'probe-begins' }
  | { readonly kind: 'probe-passed' }
  /** Refused again. */
  | { readonly kind: 'probe-failed' }
  /** The probe was inconclusive (network, provider down). */
  | { readonly kind: 'probe-unsure' }
  /** The provider, not the key, was at fault. */
  /** The provider says that the account has credit again, or still has none. */
  | { readonly kind: 'credit-found' }
  | { readonly kind: 'credit-missing' }
  | { readonly kind: 'cleared' }
  | { readonly kind: 'wake' }
  | { readonly kind: 'disable' }
  | { readonly kind: 'enable' }
  /** The day of its end has come; `goes-on`: its end was moved. */
  | { readonly kind: 'ends' }
  | { readonly kind: 'goes-on' };

export type TransitionContext = {
  readonly nowMs: number;
  /** Cooldowns in a row, the one that begins now included: rate limits and taken seats together, timeouts and lone failures each alone. */
  readonly inARow: number;
  readonly random: Random;
};

type Cooling = Extract<KeyState, { kind: 'cooling' }>;

const ready: KeyState = { kind: 'ready' };

/**
 * The state machine of a key, and the only place that changes its state:
 *
 *     ready ──one ambiguous fault──► suspect ──a success──► ready
 *     ready, suspect ──429, timeout, fails alone──► cooling ──its time──► half-open
 *     ready, suspect ──its account's seat taken──► cooling for about a call's length ──its time, a free seat──► half-open
 *     ready, suspect, half-open ──as many calls as its provider's window allows──► cooling ──its time──► ready
 *     any of these ──401, 403, 402──► benched
 *     benched as rejected ──the free probe──► probing ──passed──► half-open
 *                    ▲                           └──refused, or a second call was──► benched, now confirmed
 *     benched as out of credit ──its time, or its provider says that there is some──► half-open
 *     half-open ──one live call: a success──► ready
 *         └──refused──► benched for longer, limited──► cooling for longer, the provider's fault──► half-open
 *     any ──an admin──► disabled ──an admin──► ready
 *     any ──the day of its end──► disabled as ended ──another end──► ready
 *
 * Verdicts only extend a cooldown. A key comes back earlier by a passed probe, by an admin, when the guess behind its
 * cooldown is cleared, when the key that may occupy its seat becomes idle, or at half of a guessed cooldown. A success
 * of a call that started before the cooldown does not wake the key.
 */
export function nextKeyState(state: KeyState, event: KeyEvent, facts: TransitionContext): KeyState {
  if (event.kind === 'disable') return state.kind === 'disabled' ? state : { kind: 'disabled' };
  if (event.kind === 'ends') return state.kind === 'disabled' ? state : { kind: 'disabled', ended: true };
  if (state.kind === 'disabled') return event.kind === (state.ended === true ? 'goes-on' : 'enable') ? ready : state;
  switch (event.kind) {
    case 'nothing':
    case 'goes-on':
      return state;
    case 'fine':
      return state.kind === 'suspect' || state.kind === 'half-open' ? ready : state;
    case 'suspect':
      return state.kind === 'ready' ? { ...event, sinceMs: facts.nowMs } : state;
    case 'cool':
      return isBenched(state) ? state : cooled(state, event, facts);
    case 'seat-taken':
      return isBenched(state) ? state : seatTaken(state, event.callMs, facts);
    case 'window-shut':
      return windowShut(state, event.untilMs, facts.nowMs);
    case 'window-open':
      return coolsForWindow(state) ? ready : state;
    case 'bench':
      return isBenched(state) ? benchedAgain(state, event, facts.nowMs) : benchedByCall(state, event, facts.nowMs);
    case 'due':
      return awoken(state, facts.inARow);
    case 'cleared':
      return isGuessed(state) ? ready : state;
    case 'wake':
    case 'enable':
      return state.kind === 'ready' ? state : ready;
    case 'credit-found':
      return isOutOfCredit(state) ? { kind: 'half-open', after: 'out-of-credit', times: state.times } : state;
    case 'credit-missing':
      return isOutOfCredit(state) ? benched('out-of-credit', state.times, true, facts.nowMs, state) : state;
    case 'probe-begins':
    case 'probe-passed':
    case 'probe-failed':
    case 'probe-unsure':
      return afterProbe(state, event.kind, facts.nowMs);
  }
}

/** True when the state is a guess: the provider may have been at fault. */
export function isGuessed(state: KeyState): state is Cooling | Extract<KeyState, { kind: 'suspect' }> {
  if (state.kind === 'suspect') return true;
  return state.kind === 'cooling' && !state.stated && (state.reason === 'timed-out' || state.reason === 'fails-alone');
}

function isOutOfCredit(state: KeyState): state is Extract<KeyState, { kind: 'benched' | 'probing' }> {
  return isBenched(state) && state.reason === 'out-of-credit';
}

function isBenched(state: KeyState): state is Extract<KeyState, { kind: 'benched' | 'probing' }> {
  return state.kind === 'benched' || state.kind === 'probing';
}

function awoken(state: KeyState, inARow: number): KeyState {
  if (coolsForWindow(state)) return ready;
  if (state.kind === 'cooling') return { kind: 'half-open', after: state.reason, times: Math.max(1, inARow) };
  if (state.kind !== 'benched' || state.reason !== 'out-of-credit') return state;
  return { kind: 'half-open', after: state.reason, times: state.times };
}

function cooled(state: KeyState, verdict: Extract<KeyVerdict, { kind: 'cool' }>, facts: TransitionContext): KeyState {
  const { nowMs, inARow, random } = facts;
  const forMs =
    verdict.forMs === undefined
      ? guessedCooldownMs(verdict.reason, inARow, random)
      : Math.min(verdict.forMs, maxCooldownMs.stated);
  const stated = verdict.forMs !== undefined;
  return extendCooldown(state, {
    kind: 'cooling',
    sinceMs: nowMs,
    untilMs: nowMs + forMs,
    reason: verdict.reason,
    stated,
  });
}

function seatTaken(state: KeyState, callMs: number, { nowMs, inARow, random }: TransitionContext): KeyState {
  const untilMs = nowMs + seatTakenCooldownMs(callMs, inARow, random);
  return extendCooldown(state, { kind: 'cooling', sinceMs: nowMs, untilMs, reason: 'concurrency', stated: false });
}

/**
 * The provider stated the time, so it is not tried before, and is the last word on a cooldown of this kind: a later
 * statement may shorten it. The one call that tries a key after a refusal of the key itself is made all the same.
 */
function windowShut(state: KeyState, statedMs: number, nowMs: number): KeyState {
  const isTrial = state.kind === 'half-open' && (state.after === 'rejected' || state.after === 'out-of-credit');
  if (isOut(state) || isTrial || (state.kind === 'cooling' && !coolsForWindow(state))) return state;
  const untilMs = Math.min(statedMs, nowMs + maxCooldownMs.stated);
  if (state.kind === 'cooling') return state.untilMs === untilMs ? state : { ...state, untilMs };
  return { kind: 'cooling', sinceMs: nowMs, untilMs, reason: 'window', stated: true };
}

/** Starts a cooldown, or extends the current one; never shortens it. */
function extendCooldown(state: KeyState, cooldown: Cooling): KeyState {
  if (state.kind !== 'cooling') return cooldown;
  const { sinceMs } = state;
  const { stated } = cooldown;
  // A stated time stays binding when a guess extends it: such a cooldown is not tried at half.
  if (cooldown.untilMs > state.untilMs) return { ...cooldown, sinceMs, stated: stated || state.stated };
  return stated && !state.stated ? { ...state, stated } : state;
}

function benchedByCall(
  state: KeyState,
  { reason, forMs, isSecond }: Extract<KeyVerdict, { kind: 'bench' }>,
  nowMs: number,
): KeyState {
  const before = state.kind === 'half-open' && state.after === reason ? state.times : 0;
  const times = before + (isSecond === true && before === 0 ? 2 : 1);
  const next = benched(reason, times, times > 1, nowMs, state);
  if (forMs === undefined || next.kind !== 'benched') return next;
  // A key that rests for longer already keeps that rest.
  const statedMs = nowMs + Math.min(forMs, maxCooldownMs[reason]);
  return { ...next, probeAtMs: Math.max(statedMs, state.kind === 'cooling' ? state.untilMs : 0) };
}

/** A second real call confirms a bench, whatever its free probe will say; the word of an earlier call adds nothing. */
function benchedAgain(
  state: Extract<KeyState, { kind: 'benched' | 'probing' }>,
  { reason, isSecond }: Extract<KeyVerdict, { kind: 'bench' }>,
  nowMs: number,
): KeyState {
  if (isSecond !== true || state.reason !== reason || state.confirmed) return state;
  return benched(reason, state.times + 1, true, nowMs, state);
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
  // The free probe does not check credit.
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

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** The maximum cooldowns by reason; restored cooldowns are cut to these. */
export const maxCooldownMs = {
  stated: 24 * hourMs,
  guessed: 2 * minuteMs,
  'seat-taken': 15 * minuteMs,
  rejected: hourMs,
  'out-of-credit': 24 * hourMs,
  'not-entitled': 24 * hourMs,
} as const;

const afterRejectionMs = [minuteMs, 5 * minuteMs, 15 * minuteMs, hourMs] as const;

/** Returns how long a key stays benched after `times` consecutive refusals. */
export function benchCooldownMs(reason: BenchReason, times: number): number {
  if (reason === 'out-of-credit') return doubled(hourMs, times, maxCooldownMs[reason]);
  return afterRejectionMs[Math.min(times, afterRejectionMs.length) - 1] ?? maxCooldownMs.rejected;
}

/** Returns how long a key is excluded from a model that it is not entitled to. */
export function modelCooldownMs(times: number): number {
  return doubled(15 * minuteMs, times, maxCooldownMs['not-entitled']);
}

/** The first cooldown, the longest of which half is drawn at random; each next one doubles, up to `capMs`. */
const guesses = {
  'rate-limited': { baseMs: 2 * secondMs, capMs: minuteMs },
  concurrency: { baseMs: 2 * secondMs, capMs: minuteMs },
  'fails-alone': { baseMs: 10 * secondMs, capMs: maxCooldownMs.guessed },
  window: { baseMs: 2 * secondMs, capMs: minuteMs },
} as const satisfies Partial<Record<CoolReason, object>>;

/** A key whose seat is taken cools down for at most this many call durations. */
const maxCooldownCalls = 16;

/**
 * Returns the cooldown when the provider states none, after `times` consecutive cooldowns: between half of the series' value
 * and the whole, at random, except after a timeout.
 */
function guessedCooldownMs(reason: CoolReason, times: number, random: Random): number {
  // Without jitter: it must outlast an abandoned run that may still occupy the seat of the account.
  if (reason === 'timed-out') return doubled(5 * secondMs, times, maxCooldownMs.guessed);
  return backoffMs(Math.max(1, times), guesses[reason], random);
}

/**
 * Returns the cooldown of a key whose seat a sibling probably occupies: about the duration of a call, longer with each
 * consecutive refusal.
 */
function seatTakenCooldownMs(callMs: number, times: number, random: Random): number {
  const baseMs = Math.max(guesses.concurrency.baseMs, callMs);
  const capMs = Math.max(guesses.concurrency.capMs, Math.min(maxCooldownCalls * callMs, maxCooldownMs['seat-taken']));
  return backoffMs(Math.max(1, times), { baseMs, capMs }, random);
}

function doubled(baseMs: number, times: number, capMs: number): number {
  return Math.min(capMs, baseMs * 2 ** Math.min(Math.max(0, times - 1), 20));
}
