import type { Lane } from '../domain/job.ts';
import type { PoolView } from '../domain/views.ts';
import { takesCalls } from '../keys/key-life.ts';

/** Before the first call was measured, a picture is taken to last this long. */
const guessedCallMs = 30_000;

/** After so many premium jobs one free job goes first. */
const premiumInARow = 4;

/** How many of those who wait go before a new one of the lane. */
export function waitingBefore(lane: Lane, { premium, free }: Readonly<Record<Lane, number>>): number {
  return premium + (lane === 'free' ? free : Math.min(free, Math.floor(premium / premiumInARow)));
}

/** About how long so many waiting jobs keep the keys of a line busy. */
export function expectedWaitMs(waiting: number, { keys }: PoolView): number {
  const working = keys.filter(({ state }) => takesCalls(state) || state.kind === 'cooling');
  const seats = working.reduce((sum, key) => sum + key.seats, 0);
  const measured = working.flatMap(({ meanLatencyMs }) => meanLatencyMs ?? []);
  const callMs = measured.length === 0 ? guessedCallMs : measured.reduce((sum, ms) => sum + ms, 0) / measured.length;
  return (waiting * callMs) / Math.max(1, seats);
}
