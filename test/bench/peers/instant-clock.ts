import type { Clock } from '../../../src/kit/clock.ts';
import { virtualClock } from '../../../src/kit/virtual-clock.ts';

/** Time stands still; a sleep ends at once. */
export function instantClock(): Clock {
  return { ...virtualClock(), sleep: async (_ms, signal) => signal.throwIfAborted() };
}
