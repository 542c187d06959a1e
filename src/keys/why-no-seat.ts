import { availabilityOf } from '../domain/availability.ts';
import type { SeatAnswer } from '../domain/key-leases.ts';
import type { PooledKey } from './pooled-key.ts';
import type { Roster } from './roster.ts';

/** Why none of the keys that serve the model has a seat to give. */
export function whyNoSeat(
  roster: Roster,
  model: string | undefined,
  nowMs: number,
): Exclude<SeatAnswer, { kind: 'seat' | 'slow' }> {
  if (model === undefined && roster.takers > 0) return { kind: 'busy' };
  const serving = model === undefined ? roster.keys : servingOf(roster.keys, model, nowMs);
  const availability = availabilityOf(serving, roster.takers === 0);
  switch (availability.kind) {
    case 'taking':
    // A key that is being probed is back in a moment, or not: the answer is worth waiting for.
    case 'probing':
      return { kind: 'busy' };
    case 'cooling':
    case 'benched':
    case 'no-keys':
      return availability;
  }
}

function* servingOf(keys: readonly PooledKey[], model: string, nowMs: number): Generator<PooledKey> {
  for (const pooled of keys) if (pooled.serves(model, nowMs)) yield pooled;
}
