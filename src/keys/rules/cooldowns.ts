import type { BenchReason, CoolReason } from '../../domain/key-state.ts';
import { backoffMs, type Random } from '../../kit/backoff.ts';

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
} as const satisfies Partial<Record<CoolReason, object>>;

/** A key whose seat is taken cools down for at most this many call durations. */
const maxCooldownCalls = 16;

/**
 * Returns the cooldown when the provider states none, after `times` consecutive cooldowns: between half of the series' value
 * and the whole, at random, except after a timeout.
 */
export function guessedCooldownMs(reason: CoolReason, times: number, random: Random): number {
  // Without jitter: it must outlast an abandoned run that may still occupy the seat of the account.
  if (reason === 'timed-out') return doubled(5 * secondMs, times, maxCooldownMs.guessed);
  return backoffMs(Math.max(1, times), guesses[reason], random);
}

/**
 * Returns the cooldown of a key whose seat a sibling probably occupies: about the duration of a call, longer with each
 * consecutive refusal.
 */
export function seatTakenCooldownMs(callMs: number, times: number, random: Random): number {
  const baseMs = Math.max(guesses.concurrency.baseMs, callMs);
  const capMs = Math.max(guesses.concurrency.capMs, Math.min(maxCooldownCalls * callMs, maxCooldownMs['seat-taken']));
  return backoffMs(Math.max(1, times), { baseMs, capMs }, random);
}

function doubled(baseMs: number, times: number, capMs: number): number {
  return Math.min(capMs, baseMs * 2 ** Math.min(Math.max(0, times - 1), 20));
}
