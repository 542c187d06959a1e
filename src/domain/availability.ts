import { type BenchReason, dueAtMs, type KeyState, acceptsCalls } from './key-state.ts';

/** What some keys are good for, by their states alone: whether one of them has a seat free is the pool's to say. */
export type Availability =
  /** At least one key takes calls. */
  | { readonly kind: 'taking' }
  /** None takes calls, but one is being probed and may in a moment; `untilMs` is when the first resting one wakes. */
  | { readonly kind: 'probing'; readonly untilMs?: number }
  /** All that will come back by themselves rest; the first wakes at `untilMs`. */
  | { readonly kind: 'cooling'; readonly untilMs: number }
  /** All are benched or disabled; `reason` is what most of them say, `probeAtMs` when the first is tried again. */
  | { readonly kind: 'benched'; readonly reason: BenchReason; readonly probeAtMs?: number }
  | { readonly kind: 'no-keys' };

/**
 * The one answer to "can these keys serve?", behind the pool, readiness, /status and what people are told of the wait.
 * `isLast` is false where other keys of the provider take calls: then no guessed rest is cut short.
 */
export function availabilityOf(keys: Iterable<{ readonly state: KeyState }>, isLast = true): Availability {
  let count = 0;
  let isProbing = false;
  let untilMs = Infinity;
  let probeAtMs = Infinity;
  let benched = 0;
  let outOfCredit = 0;
  for (const { state } of keys) {
    if (acceptsCalls(state)) return { kind: 'taking' };
    count += 1;
    if (state.kind === 'probing') isProbing = true;
    else if (state.kind === 'cooling') untilMs = Math.min(untilMs, dueAtMs(state, isLast));
    else if (state.kind === 'benched') {
      benched += 1;
      if (state.reason === 'out-of-credit') outOfCredit += 1;
      probeAtMs = Math.min(probeAtMs, state.probeAtMs);
    }
  }
  if (count === 0) return { kind: 'no-keys' };
  if (isProbing) return { kind: 'probing', ...(untilMs < Infinity ? { untilMs } : {}) };
  if (untilMs < Infinity) return { kind: 'cooling', untilMs };
  const reason = outOfCredit * 2 > benched ? 'out-of-credit' : 'rejected';
  return { kind: 'benched', reason, ...(probeAtMs < Infinity ? { probeAtMs } : {}) };
}

/** When the first resting key wakes, where none takes calls; undefined where one does, or none rests. */
export function restsUntilMs(availability: Availability): number | undefined {
  return availability.kind === 'cooling' || availability.kind === 'probing' ? availability.untilMs : undefined;
}

/** A key takes calls, or will by itself before long: people may ask. */
export function isUsable(availability: Availability): boolean {
  return availability.kind === 'taking' || restsUntilMs(availability) !== undefined;
}
