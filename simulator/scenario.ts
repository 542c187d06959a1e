import { z } from 'zod';
import type { Random } from '../src/kit/backoff.ts';

/** Everything that can be wrong with an answer; `slow` is the one that answers all the same. */
export const deeds = [
  'rejected',
  'forbidden',
  'rate-limited',
  'out-of-quota',
  'cut',
  'hang',
  'slow',
  'refused',
  'unexplained',
  'too-dear',
  'minute-quota',
  'unknown-model',
  'unavailable',
  'failed-run',
  'error-in-200',
  'truncated',
] as const;

export type Deed = (typeof deeds)[number];

const ms = z.number().min(0).max(86_400_000);
const minuteMs = 60_000;
const place = z.int().min(1).max(1000);
const modelAt = z.int().min(1).max(9);

const faultSchema = z
  .strictObject({
    deed: z.enum(deeds),
    /** Whose fault it is: `keys` those of `keys` or each by itself, `provider` nobody's key, `requests` the prompt's. */
    of: z.enum(['keys', 'provider', 'requests']),
    /** Places, counted from 1 and on through all providers. */
    keys: z.array(place).min(1).readonly().optional(),
    /** Only calls for these models of the chain, counted from 1; absent, for any. */
    models: z.array(modelAt).min(1).readonly().optional(),
    /** Only these requests, counted from 1; absent, any. */
    requests: z.array(z.int().min(1).max(100_000)).min(1).readonly().optional(),
    /** Only requests for dear work. */
    dear: z.literal(true).optional(),
    /** In effect from here on, since the beginning. */
    fromMs: ms.optional(),
    untilMs: ms.optional(),
    /** The window of `fromMs` and `untilMs` comes again, counted from 0, each time this has passed. */
    everyMs: ms.min(1).optional(),
    /** Of all calls by chance, or of all requests, evenly, when the fault is theirs. */
    share: z.number().min(0).max(1).optional(),
    /** The refusal says when it is over. */
    saysWhen: z.boolean().optional(),
    /** How many times as long a slow answer takes; 40 when absent. */
    times: z.number().min(1).max(1_000).optional(),
  })
  .readonly();

export const scenarioSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'Must be letters, digits and hyphens'),
    /** What is wrong, in a few words. */
    says: z.string().max(120),
    /** Of which provider each model of the chain is, counted from 1; absent, there is one model of one provider. */
    chain: z.array(z.int().min(1).max(3)).min(1).max(9).readonly().optional(),
    /** How many keys each provider has in this row, whatever is asked for. */
    keys: z.int().min(1).max(1000).optional(),
    /** All keys of a provider belong to so many accounts, the earlier keys to the earlier ones; absent, each has its own. */
    accounts: z.int().min(1).max(1000).optional(),
    /** Calls at once that the accounts carry, in turn; absent, nobody is refused for want of a seat. */
    seats: z.array(z.int().min(1).max(1000)).min(1).readonly().optional(),
    /** Calls that each account accepts in a minute, whole minutes from the beginning; absent, any number. */
    perMinute: z.int().min(1).max(100_000).optional(),
    /** Every so many requests one is for dear work, a video; absent, none is. */
    dearEvery: z.int().min(1).max(1_000).optional(),
    faults: z.array(faultSchema).readonly(),
    serviceMs: ms.min(1).optional(),
    /** The row means nothing with fewer. */
    leastClients: z.int().min(1).optional(),
    /** The row means nothing with more. */
    mostClients: z.int().min(1).optional(),
    leastRequests: z.int().min(1).optional(),
  })
  .readonly();

export type Fault = z.output<typeof faultSchema>;

/**
 * One fault in a world that is otherwise well. What a call meets depends on its key, its time, its request and how many
 * calls that request has made, and on nothing else, so everybody who is compared meets the same.
 */
export type Scenario = z.output<typeof scenarioSchema>;

export type Ask = {
  readonly place: number;
  /** Which model of the chain, from 1. */
  readonly model: number;
  /** Since the beginning. */
  readonly atMs: number;
  readonly request: number;
  /** Which call of its request, from 1. */
  readonly nth: number;
};

/** Multiples of the golden ratio lie evenly: the share of any few hundred requests is nearly exact. */
const evenStep = 0.618_033_988_749_895;

/** 0 to 1, always the same for the same numbers. */
export type Luck = (...numbers: readonly number[]) => number;

/** The first fault of the kind that this call meets; undefined when nothing is wrong with it. */
export function faultOf(
  scenario: Scenario,
  ask: Ask,
  luck: Luck,
  isOfKind: (fault: Fault) => boolean = () => true,
): Fault | undefined {
  return scenario.faults.find(
    (fault, index) =>
      isOfKind(fault) &&
      concerns(fault, ask.place) &&
      isOfModel(fault, ask.model) &&
      isInEffect(fault, ask.atMs) &&
      isOfRequest(fault, ask.request) &&
      befalls(fault, index),
  );

  function isOfRequest({ requests, dear }: Fault, request: number): boolean {
    return requests?.includes(request) !== false && (dear === undefined || isDear(scenario, request));
  }

  function befalls({ share, of }: Fault, index: number): boolean {
    if (share === undefined) return true;
    if (of === 'requests') return (luck(index) + ask.request * evenStep) % 1 < share;
    return luck(index, ask.request, ask.nth) < share;
  }
}

/** Whether a contender that knows all faults would pass over this key now. */
export function isBadKey({ faults }: Scenario, place: number, atMs: number, model: number): boolean {
  return faults.some(
    (fault) => fault.of === 'keys' && concerns(fault, place) && isOfModel(fault, model) && isInEffect(fault, atMs),
  );
}

/** Whether the model's provider serves nobody now, or is soon to serve better: worth waiting for, or going elsewhere. */
export function isDown({ faults }: Scenario, atMs: number, model: number): boolean {
  return faults.some(
    (fault) =>
      fault.of === 'provider' &&
      (fault.share === undefined || fault.untilMs !== undefined) &&
      isOfModel(fault, model) &&
      isInEffect(fault, atMs),
  );
}

/** Whether the key is at fault at any time, or its account refuses what is too much: only then it may be penalized. */
export function hasFault({ faults, seats, perMinute }: Scenario, place: number): boolean {
  return (
    seats !== undefined ||
    perMinute !== undefined ||
    faults.some((fault) => fault.of === 'keys' && concerns(fault, place))
  );
}

/** Whether the request is for dear work. */
export function isDear({ dearEvery }: Scenario, request: number): boolean {
  return dearEvery !== undefined && request % dearEvery === 0;
}

/** Which minute since the beginning it is. */
export function minuteOf(atMs: number): number {
  return Math.floor(atMs / minuteMs);
}

/** When something begins or ends next; undefined when everything stays as it is. */
export function nextChangeMs({ faults, perMinute }: Scenario, atMs: number): number | undefined {
  const changes = faults.flatMap(({ fromMs, untilMs, everyMs }) => {
    const edges = [fromMs, untilMs].filter((edge) => edge !== undefined);
    if (everyMs === undefined) return edges;
    const rounds = Math.floor(atMs / everyMs);
    return edges.flatMap((edge) => [edge + rounds * everyMs, edge + (rounds + 1) * everyMs]);
  });
  if (perMinute !== undefined) changes.push((minuteOf(atMs) + 1) * minuteMs);
  const later = changes.filter((change) => change > atMs);
  return later.length === 0 ? undefined : Math.min(...later);
}

function concerns({ of, keys }: Fault, place: number): boolean {
  return of !== 'keys' || keys === undefined || keys.includes(place);
}

/** Whether the fault is met by calls for this model of the chain. */
export function isOfModel({ models }: Fault, model: number): boolean {
  return models === undefined || models.includes(model);
}

function isInEffect({ fromMs = 0, untilMs = Infinity, everyMs }: Fault, atMs: number): boolean {
  const phaseMs = everyMs === undefined ? atMs : atMs % everyMs;
  return phaseMs >= fromMs && phaseMs < untilMs;
}

/** Luck drawn from a seed and the numbers alone: the same question gets the same answer. */
export function luckFrom(seed: number): Luck {
  return (...numbers) => share(numbers.reduce((mixed, number) => mix(mixed ^ mix(number)), mix(seed)));
}

/** The same chances in every run with the same seed. */
export function chancesFrom(seed: number): Random {
  let drawn = 0;
  return () => share(mix(mix(seed) ^ mix((drawn += 1))));
}

/** Spreads a whole number over 32 bits (the finalizer of MurmurHash3, away from its fixed point). */
function mix(number: number): number {
  let bits = (number + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

function share(bits: number): number {
  return (bits >>> 0) / 2 ** 32;
}
