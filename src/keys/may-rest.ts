import type { PooledKey } from './pooled-key.ts';
import { isGuessed } from './key-life.ts';
import type { Roster } from './roster.ts';

/** True when one more key may rest by a guess: never the last one that takes calls, never more than half of the keys. */
export function mayRestByGuess(pooled: PooledKey, roster: Roster): boolean {
  let alive = 0;
  let resting = 0;
  let takers = 0;
  for (const other of roster.keys) {
    const { state } = other;
    if (state.kind === 'benched' || state.kind === 'probing' || state.kind === 'disabled') continue;
    alive += 1;
    if (other === pooled) continue;
    if (other.takes) takers += 1;
    else if (isGuessed(state)) resting += 1;
  }
  return takers > 0 && resting + 1 <= Math.floor(alive / 2);
}
