import type { BenchReason, CoolReason } from '../../domain/key-state.ts';
import { backoffMs, type Random } from '../../kit/backoff.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** The longest rests that can follow from what a key did; what was remembered as longer is cut to these. */
export const maxCooldownMs = {
  stated: 24 * hourMs,
  guessed: 2 * minuteMs,
  'seat-taken': 15 * minuteMs,
  rejected: hourMs,
  'out-of-credit': 24 * hourMs,
  'not-entitled': 24 * hourMs,
} as const;

const afterRejectionMs = [minuteMs, 5 * minuteMs, 15 * minuteMs, hourMs] as const;

/** How long a refused key is left alone after so many refusals in a row. */
export function benchCooldownMs(reason: BenchReason, times: number): number {
  if (reason === 'out-of-credit') return doubled(hourMs, times, maxCooldownMs[reason]);
  return afterRejectionMs[Math.min(times, afterRejectionMs.length) - 1] ?? maxCooldownMs.rejected;
}

/** How long a key that may not use a model is not asked for it. */
export function closedModelCooldownMs(times: number): number {
  return doubled(15 * minuteMs, times, maxCooldownMs['not-entitled']);
}

const guesses = {
  'rate-limited': { baseMs: 2 * secondMs, capMs: minuteMs },
  concurrency: { baseMs: 2 * secondMs, capMs: minuteMs },
  'fails-alone': { baseMs: 10 * secondMs, capMs: maxCooldownMs.guessed },
} as const satisfies Partial<Record<CoolReason, object>>;

/** A key whose seat is taken is asked again after so many calls' length at the latest. */
const mostCallsRested = 16;

/** How long a key rests when nobody said how long, after so many such rests in a row. */
export function guessedCooldownMs(reason: CoolReason, times: number, random: Random): number {
  // Not jittered: it outlasts a run that was abandoned and may still hold the account's seat.
  if (reason === 'timed-out') return doubled(5 * secondMs, times, maxCooldownMs.guessed);
  return backoffMs(Math.max(1, times), guesses[reason], random);
}

/**
 * How long a key rests whose account's seat is thought to carry a sibling's call: about as long as such a call, longer
 * with each refusal in a row.
 */
export function seatTakenCooldownMs(callMs: number, times: number, random: Random): number {
  const baseMs = Math.max(guesses.concurrency.baseMs, callMs);
  const capMs = Math.max(guesses.concurrency.capMs, Math.min(mostCallsRested * callMs, maxCooldownMs['seat-taken']));
  return backoffMs(Math.max(1, times), { baseMs, capMs }, random);
}

function doubled(baseMs: number, times: number, capMs: number): number {
  return Math.min(capMs, baseMs * 2 ** Math.min(Math.max(0, times - 1), 20));
}
