import type { Asked } from './asked.ts';
import type { Contender } from './contender.ts';
import { ceilingOf } from './ceiling.ts';
import { healingOf } from './healing.ts';
import { leavingOf } from './leaving.ts';
import { hasFault } from './scenario.ts';
import type { Span } from './span.ts';
import type { World } from './world.ts';

export type Penalty = { readonly place: number; readonly kind: string; readonly atMs: number };

/** What a contender made of a scenario. Times in milliseconds, shares from 0 to 1; absent where there is nothing to measure. */
export type Measured = {
  readonly scenario: string;
  readonly contender: string;
  readonly kind: Contender['kind'];
  readonly clients: number;
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
