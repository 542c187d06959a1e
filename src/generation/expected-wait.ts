import type { PoolView } from '../domain/views.ts';
import { takesCalls } from '../domain/key-state.ts';

/** Before the first call was measured, a picture is taken to last this long. */
const guessedCallMs = 30_000;

/** About how long the jobs that are handed out first keep the keys of a line busy. */
export function expectedWaitMs(ahead: number, { keys }: PoolView): number {
  const working = keys.filter(({ state }) => takesCalls(state) || state.kind === 'cooling');
  const seats = working.reduce((sum, key) => sum + key.seats, 0);
  const measured = working.flatMap(({ meanLatencyMs }) => meanLatencyMs ?? []);
  const callMs = measured.length === 0 ? guessedCallMs : measured.reduce((sum, ms) => sum + ms, 0) / measured.length;
  return (ahead * callMs) / Math.max(1, seats);
}
