import { longest, type Span } from './span.ts';
import type { Call, World } from './world.ts';

/** So many calls in a row with other keys mean that a key was left. */
const elsewhereCalls = 30;

/**
 * How long the slowest of the keys at fault was still called with: from the first such call to the last before thirty
 * in a row went elsewhere; it has not ended when the calls end before that. Undefined when no such call was made.
 */
export function leavingOf({ calls }: Pick<World, 'calls'>): Span | undefined {
  const bad = new Set(calls.filter(({ badKey }) => badKey).map(({ place }) => place));
  const spans = [...bad].map((place) => leavingOfOne(place, calls));
  return spans.length === 0 ? undefined : longest(spans);
}

function leavingOfOne(place: number, calls: readonly Call[]): Span {
  const isBadCall = (call: Call | undefined) => call?.place === place && call.badKey;
  const first = calls.findIndex(isBadCall);
  let last = first;
  for (let index = first + 1; index < calls.length && index - last <= elsewhereCalls; index += 1) {
    if (isBadCall(calls[index])) last = index;
  }
  const ms = (calls[last]?.startedMs ?? 0) - (calls[first]?.startedMs ?? 0);
  return { ms, ended: calls.length - 1 - last >= elsewhereCalls };
}
