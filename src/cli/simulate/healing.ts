import { type Fault, isOfModel } from './scenario.ts';
import { longest, type Span } from './span.ts';
import type { Call, World } from './world.ts';

/** A key has its share again when among so many calls it had three quarters of what would be even. */
const windowCalls = 40;
const almost = 0.75;

type Healing = {
  readonly returnedAfter?: Span;
  readonly fullShareAfter?: Span;
  readonly probesToReturn?: number;
};

/**
 * How what was at fault came back into use, where a fault ended while calls were still made. Where all keys were at
 * fault the first result with any of them shows it.
 */
export function healingOf({ scenario, calls, probes, keys }: World): Healing {
  const fault = scenario.faults.find(({ of, untilMs }) => of !== 'requests' && untilMs !== undefined);
  if (fault?.untilMs === undefined) return {};
  const { untilMs } = fault;
  const after = calls.filter(({ startedMs }) => startedMs >= untilMs);
  if (after.length < windowCalls / 2) return {};
  const places = placesOf(fault);
  const isResult = (call: Call, place: number | undefined) =>
    call.ending === 'served' && isWith(place, call) && isOfModel(fault, call.model);
  const first = (place: number | undefined) => after.find((call) => isResult(call, place));
  const returnedAfter = longest(places.map((place) => since(untilMs, first(place)?.endedMs, after)));
  const [place] = places;
  if (places.length !== 1 || place === undefined || fault.everyMs !== undefined) return { returnedAfter };
  const returnMs = first(place)?.startedMs ?? Infinity;
  const tried = probes.filter((probe) => probe.place === place && probe.atMs >= untilMs && probe.atMs <= returnMs);
  const signMs = Math.min(returnMs, ...tried.filter(({ passed }) => passed).map(({ atMs }) => atMs));
  const later = after.filter(({ startedMs }) => startedMs >= signMs);
  const fullShareAfter = since(signMs === Infinity ? untilMs : signMs, fullShareMs(later, place, keys), after);
  return { returnedAfter, fullShareAfter, probesToReturn: tried.length };
}

/** `undefined` stands for any key. */
function placesOf({ of, keys }: Fault): readonly (number | undefined)[] {
  return of === 'provider' || keys === undefined ? [undefined] : keys;
}

function isWith(place: number | undefined, call: Call): boolean {
  return place === undefined || call.place === place;
}

function since(fromMs: number, atMs: number | undefined, calls: readonly Call[]): Span {
  return { ms: (atMs ?? calls.at(-1)?.startedMs ?? fromMs) - fromMs, ended: atMs !== undefined };
}

function fullShareMs(calls: readonly Call[], place: number, keys: number): number | undefined {
  for (let end = windowCalls; end <= calls.length; end += 1) {
    const had = calls.slice(end - windowCalls, end).filter((call) => call.place === place).length;
    if (had >= (almost * windowCalls) / keys) return calls[end - 1]?.startedMs;
  }
  return undefined;
}
