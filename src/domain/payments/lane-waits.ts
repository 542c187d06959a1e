import type { Lane } from '../kinds.ts';

/** How long half of a lane's latest requests waited at most before they were begun. */
export type LaneWait = { readonly medianMs: number; readonly requests: number };

/** Measured waits of the last days; a lane with too few requests to say anything is absent. */
export type LaneWaits = Readonly<Partial<Record<Lane, LaneWait>>>;

export const measuredDays = 7;
/** Fewer requests of a lane say nothing. */
const minRequests = 20;

/** Sums up the measured waits of each lane, in milliseconds. */
export function laneWaitsOf(waits: readonly { readonly lane: Lane; readonly waitMs: number }[]): LaneWaits {
  const lanes = [...Map.groupBy(waits, ({ lane }) => lane)].flatMap(([lane, those]) => {
    if (those.length < minRequests) return [];
    const sorted = those.map(({ waitMs }) => waitMs).toSorted((one, other) => one - other);
    return [[lane, { medianMs: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0, requests: sorted.length }] as const];
  });
  return Object.fromEntries(lanes);
}

/** Shorter waits are felt as none. */
const feltMs = 3_000;

/**
 * What may be said of the faster lane: `faster` by the two waits, `same` where there is no difference to feel, and
 * `unmeasured` where one of the lanes had too few requests.
 */
export function laneComparison(
  waits: LaneWaits,
):
  | { readonly kind: 'faster'; readonly premiumMs: number; readonly freeMs: number }
  | { readonly kind: 'same' | 'unmeasured' } {
  const { premium, free } = waits;
  if (premium === undefined || free === undefined) return { kind: 'unmeasured' };
  const isFelt = free.medianMs >= feltMs && free.medianMs >= 1.2 * premium.medianMs;
  return isFelt ? { kind: 'faster', premiumMs: premium.medianMs, freeMs: free.medianMs } : { kind: 'same' };
}
