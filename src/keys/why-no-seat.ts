import type { BenchReason } from '../domain/key-state.ts';
import { dueAtMs } from './key-life.ts';
import type { SeatAnswer } from '../domain/key-leases.ts';
import type { Roster } from './roster.ts';

/** Why none of the keys that serve the model has a seat to give. */
export function whyNoSeat(
  roster: Roster,
  model: string | undefined,
  nowMs: number,
): Exclude<SeatAnswer, { kind: 'seat' | 'slow' }> {
  if (model === undefined && roster.takers > 0) return { kind: 'busy' };
  const isLast = roster.takers === 0;
  let serving = 0;
  let untilMs = Infinity;
  const benched: BenchReason[] = [];
  for (const pooled of roster.keys) {
    if (!pooled.serves(model, nowMs)) continue;
    const { state } = pooled;
    // A key that is being probed is back in a moment, or not: the answer is worth waiting for.
    if (pooled.takes || state.kind === 'probing') return { kind: 'busy' };
    serving += 1;
    if (state.kind === 'cooling') untilMs = Math.min(untilMs, dueAtMs(state, isLast));
    if (state.kind === 'benched') benched.push(state.reason);
  }
  if (serving === 0) return { kind: 'no-keys' };
  return untilMs < Infinity ? { kind: 'cooling', untilMs } : { kind: 'benched', reason: mostly(benched) };
}

function mostly(reasons: readonly BenchReason[]): BenchReason {
  const outOfCredit = reasons.filter((reason) => reason === 'out-of-credit').length;
  return outOfCredit * 2 > reasons.length ? 'out-of-credit' : 'rejected';
}
