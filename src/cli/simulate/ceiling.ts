import type { Asked } from './asked.ts';
import type { World } from './world.ts';

const learningCalls = 200;

/**
 * How near the results came to what all seats could carry, between the 200th call and the time when fewer were asking
 * than before; nothing where seats are plenty or the calls end earlier.
 */
export function ceilingOf(
  { calls, allSeats, serviceMs }: World,
  asked: readonly Asked[],
  clients: number,
): { readonly ceilingShare?: number; readonly refusedForSeats?: number } {
  const fromMs = calls[learningCalls]?.startedMs;
  const ends = asked.map(({ endedMs }) => endedMs).sort((a, b) => a - b);
  const untilMs = ends[ends.length - clients];
  if (allSeats === Infinity || fromMs === undefined || untilMs === undefined || untilMs <= fromMs) return {};
  const isWithin = (ms: number | undefined) => ms !== undefined && ms > fromMs && ms <= untilMs;
  const results = calls.filter(({ ending, endedMs }) => ending === 'served' && isWithin(endedMs)).length;
  const carriable = (Math.min(clients, allSeats) * (untilMs - fromMs)) / serviceMs;
  const later = calls.slice(learningCalls);
  return {
    ceilingShare: results / carriable,
    refusedForSeats: later.filter(({ met }) => met === 'no-seat').length / later.length,
  };
}
