const firstMs = 2_000;
const [minFirstMs, maxFirstMs] = [1_000, 5_000];
const defaultMs = 10_000;
const maxMs = 60_000;
const growth = 1.5;

/**
 * The wait before the next status request, in milliseconds, after `looks` requests. The first wait is 1 to 5 s; later
 * ones grow towards the interval that the provider asks for, at most a minute.
 */
export function pollDelayMs(looks: number, askedMs?: number): number {
  const first = Math.min(Math.max(askedMs ?? firstMs, minFirstMs), maxFirstMs);
  const target = Math.min(Math.max(askedMs ?? defaultMs, first), maxMs);
  return Math.min(target, first * growth ** looks);
}
