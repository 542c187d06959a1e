import type { BenchReason } from '../domain/key-state.ts';
import { stateAt } from './key-life.ts';
import type { SeatAnswer } from './lease.ts';
import type { PooledKey } from './pooled-key.ts';

/** A key out of credit whose rest is over, and that carries no call: its one careful call may be made. */
export function isDueForCall({ state, inFlight }: PooledKey, nowMs: number): boolean {
  return state.kind === 'benched' && state.reason === 'out-of-credit' && state.probeAtMs <= nowMs && inFlight === 0;
}

/** Why none of these keys, which serve the request, has a seat to give. */
export function whyNoSeat(keys: readonly PooledKey[], nowMs: number): Exclude<SeatAnswer, { kind: 'seat' }> {
  if (keys.length === 0) return { kind: 'no-keys' };
  const states = keys.map((pooled) => stateAt(pooled.state, nowMs));
  if (states.some((state) => state.kind === 'ready' || state.kind === 'probing')) return { kind: 'busy' };
  const wakes = states.flatMap((state) => (state.kind === 'cooling' ? [state.untilMs] : []));
  if (wakes.length > 0) return { kind: 'cooling', untilMs: Math.min(...wakes) };
  return {
    kind: 'benched',
    reason: mostly(states.flatMap((state) => (state.kind === 'benched' ? [state.reason] : []))),
  };
}

function mostly(reasons: readonly BenchReason[]): BenchReason {
  const outOfCredit = reasons.filter((reason) => reason === 'out-of-credit').length;
  return outOfCredit * 2 > reasons.length ? 'out-of-credit' : 'rejected';
}
