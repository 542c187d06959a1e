const firstMs = 2_000;
const [leastFirstMs, mostFirstMs] = [1_000, 5_000];
const usualMs = 10_000;
const mostMs = 60_000;
const growth = 1.5;

/**
 * How long to wait before the next look at an operation, `looks` of them made. The first wait is 1 to 5 s; the later ones
 * grow towards the pace that the provider asks for.
 */
export function pollDelayMs(looks: number, askedMs?: number): number {
  const first = Math.min(Math.max(askedMs ?? firstMs, leastFirstMs), mostFirstMs);
  const target = Math.min(Math.max(askedMs ?? usualMs, first), mostMs);
  return Math.min(target, first * growth ** looks);
}
