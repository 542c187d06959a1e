import type { World, Call } from './world.ts';
import { type Fault, isOfModel, hasFault } from './scenario.ts';
import type { Contender } from './contender.ts';

/** One request of a client, from asking to its end. */
export type Asked = {
  readonly request: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly answered: boolean;
};

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

/** How long something took; when it had not ended as the calls did, how long it had lasted by then. */
export type Span = { readonly ms: number; readonly ended: boolean };

/** The one that ended last; one that did not end is longer than all that did. */
export function longest(spans: readonly Span[]): Span {
  return spans.reduce((long, span) => (rank(span) > rank(long) ? span : long), { ms: 0, ended: true });
}

function rank({ ms, ended }: Span): number {
  return ended ? ms : ms + Number.MAX_SAFE_INTEGER / 2;
}

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

/** This many consecutive calls with other keys mean that a key was left. */
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

export type Penalty = { readonly place: number; readonly kind: string; readonly atMs: number };

/** What a contender made of a scenario. Times in milliseconds, shares from 0 to 1; absent where there is nothing to measure. */
export type Measured = {
  readonly scenario: string;
  readonly contender: string;
  readonly kind: Contender['kind'];
  readonly clients: number;
  /** Of each provider. */
  readonly keys: number;
  readonly requests: number;
  readonly answered: number;
  readonly answeredShare: number;
  readonly callsPerRequest: number;
  /** Of answered requests, from asking to the result. */
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  /** Calls with a key that was at fault when they were made. */
  readonly wastedCalls: number;
  /** The most of them with one key. */
  readonly mostWastedOnAKey: number;
  /** Penalties for keys that are never at fault in this scenario. */
  readonly wrongPenalties: number;
  /** Those of them that only put the key behind its siblings. */
  readonly wrongSuspicions: number;
  /** The most calls of one request whose prompt is refused. */
  readonly mostCallsOfRefused?: number;
  /** From the first call with a key at fault to the last before thirty in a row went elsewhere. */
  readonly leftAfter?: Span;
  /** From the end of a fault to the first result with the key; when the provider was at fault, with any key. */
  readonly returnedAfter?: Span;
  /** Results against what all seats could have carried, after the first 200 calls and while enough was asked for. */
  readonly ceilingShare?: number;
  /** Calls refused for want of a seat, of all after the first 200. */
  readonly refusedForSeats?: number;
  /** From the first sign that the key is well again to its usual share of calls. */
  readonly fullShareAfter?: Span;
  /** Free probes between the end of the fault and the first result. */
  readonly probesToReturn?: number;
};

export type Facts = {
  readonly world: World;
  readonly contender: Contender;
  readonly clients: number;
  readonly requests: number;
  readonly asked: readonly Asked[];
  readonly penalties: readonly Penalty[];
};

/** Reads everything from the world's book of calls and what the clients saw. */
export function measure({ world, contender, clients, requests, asked, penalties }: Facts): Measured {
  const { scenario, calls } = world;
  const answered = asked.filter((one) => one.answered);
  const times = answered.map(({ startedMs, endedMs }) => endedMs - startedMs).sort((a, b) => a - b);
  const wasted = calls.filter(({ badKey }) => badKey);
  const wrong = penalties.filter(({ place }) => !hasFault(scenario, place));
  return defined({
    scenario: scenario.name,
    contender: contender.name,
    kind: contender.kind,
    clients,
    keys: world.keys,
    requests,
    answered: answered.length,
    answeredShare: answered.length / requests,
    callsPerRequest: calls.length / requests,
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    wastedCalls: wasted.length,
    mostWastedOnAKey: most(wasted.map(({ place }) => place)),
    wrongPenalties: wrong.length,
    wrongSuspicions: wrong.filter(({ kind }) => kind === 'suspect').length,
    mostCallsOfRefused: scenario.faults.some(({ of }) => of === 'requests')
      ? most(calls.filter(({ request }) => world.isAtFault(request)).map(({ request }) => request))
      : undefined,
    leftAfter: leavingOf(world),
    ...healingOf(world),
    ...ceilingOf(world, asked, clients),
  });
}

/** How often the commonest value occurs. */
function most(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

type WithoutUndefined<Value> = { [Name in keyof Value]: Exclude<Value[Name], undefined> };

function defined<Value extends object>(value: Value): WithoutUndefined<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as WithoutUndefined<Value>;
}
