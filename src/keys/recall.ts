import type { KeyHealth, SeatRecord } from '../domain/key-health.ts';
import type { KeyState } from '../domain/key-state.ts';
import type { KeyRecord } from '../domain/key-store.ts';
import { shifted } from './pooled-key.ts';
import { longestRestMs } from './rests.ts';

const longestHoldMs = 3_600_000;

/**
 * What an earlier run learned, as it counts now: a record from the future was kept before the machine's clock was set
 * back, and moves with it; no rest is longer than its reason can make it; a probe that was under way is made again.
 */
export function recalled(record: KeyRecord, nowMs: number): KeyRecord {
  const byMs = Math.min(0, nowMs - record.savedAtMs);
  return {
    ...record,
    savedAtMs: record.savedAtMs + byMs,
    state: clamped(byMs === 0 ? record.state : shifted(record.state, byMs), nowMs),
    seats: recalledSeats(record.seats, byMs, nowMs),
    health: recalledHealth(record.health, byMs),
  };
}

function clamped(state: KeyState, nowMs: number): KeyState {
  switch (state.kind) {
    case 'cooling': {
      const longestGuessMs = longestRestMs[state.reason === 'concurrency' ? 'seat-taken' : 'guessed'];
      const longestMs = state.stated ? longestRestMs.stated : longestGuessMs;
      return {
        ...state,
        sinceMs: Math.min(state.sinceMs, nowMs),
        untilMs: Math.min(state.untilMs, nowMs + longestMs),
      };
    }
    case 'benched':
      return { ...state, probeAtMs: Math.min(state.probeAtMs, nowMs + longestRestMs[state.reason]) };
    case 'probing':
      return { ...state, kind: 'benched', probeAtMs: nowMs };
    case 'ready':
    case 'suspect':
    case 'half-open':
    case 'disabled':
      return state;
  }
}

function recalledSeats({ limit, ceiling }: SeatRecord, byMs: number, nowMs: number): SeatRecord {
  if (ceiling === undefined) return { limit };
  const tryAtMs = Math.min(ceiling.tryAtMs + byMs, nowMs + longestHoldMs);
  return { limit, ceiling: { ...ceiling, tryAtMs } };
}

function recalledHealth(health: KeyHealth, byMs: number): KeyHealth {
  const { lastUsedMs, lastError } = health;
  return {
    ...health,
    ...(lastUsedMs === undefined ? undefined : { lastUsedMs: lastUsedMs + byMs }),
    ...(lastError === undefined ? undefined : { lastError: { ...lastError, atMs: lastError.atMs + byMs } }),
  };
}
