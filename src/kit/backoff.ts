/** A number from 0 (included) to 1 (excluded), like Math.random. */
export type Random = () => number;

export const systemRandom: Random = Math.random;

export type BackoffRules = {
  readonly baseMs: number;
  readonly capMs: number;
};

/**
 * Doubles from `baseMs` with each attempt (1, 2, …) up to `capMs`, jittered over its upper half, and never below what
 * the other side asked for.
 */
export function backoffMs(attempt: number, rules: BackoffRules, random: Random, atLeastMs = 0): number {
  const full = Math.min(rules.capMs, rules.baseMs * 2 ** Math.min(attempt - 1, 40));
  return Math.max(atLeastMs, Math.round(full / 2 + (full / 2) * random()));
}
