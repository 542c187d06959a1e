import type { HttpReply, HttpClient } from '../src/providers/http/http-exchange.ts';
import {
  type Deed,
  type Ask,
  type Fault,
  faultOf,
  isBadKey,
  isDown,
  isOfModel,
  type Luck,
  minuteOf,
  type Scenario,
} from './scenario.ts';
import { type Clock, isTimeout } from '../src/kit/clock.ts';
import { Secret } from '../src/kit/secret.ts';
import { accepted, answerTo, served, tooManyCalls } from './world-answers.ts';

const refusalMs = 5;
const usualSlowness = 40;
const foreverMs = 86_400_000_000;

/** One call as it was; the book of all of them is what everything is measured from. Times count from the beginning. */
export type Call = {
  readonly place: number;
  /** Which model of the chain, from 1. */
  readonly model: number;
  readonly request: number;
  readonly nth: number;
  readonly startedMs: number;
  /** Its key was at fault when it was made. */
  readonly badKey: boolean;
  readonly met: Deed | 'no-seat' | undefined;
  endedMs: number | undefined;
  ending: 'under-way' | 'served' | 'failed' | 'broken-off';
};

export type ProbeNote = { readonly place: number; readonly atMs: number; readonly passed: boolean };

export type WorldOptions = {
  readonly scenario: Scenario;
  /** Of each provider. */
  readonly keys: number;
  readonly serviceMs: number;
  readonly clock: Clock;
  readonly luck: Luck;
};

/** Providers with models, accounts and keys in which what goes wrong is written down beforehand. */
export class World {
  /** Of each provider. */
  readonly keys: number;
  /** Of which provider each model of the chain is, both counted from 1. */
  readonly chain: readonly number[];
  readonly scenario: Scenario;
  readonly serviceMs: number;
  readonly calls: Call[] = [];
  readonly probes: ProbeNote[] = [];
  readonly #clock: Clock;
  readonly #luck: Luck;
  readonly #beganMs: number;
  readonly #carried = new Map<number, number>();
  /** By account, in the minute of the last accepted call. */
  readonly #accepted = new Map<number, number>();
  #minute = 0;
  readonly #made = new Map<number, number>();

  constructor({ scenario, keys, serviceMs, clock, luck }: WorldOptions) {
    this.keys = keys;
    this.scenario = scenario;
    this.chain = scenario.chain ?? [1];
    this.serviceMs = serviceMs;
    this.#clock = clock;
    this.#luck = luck;
    this.#beganMs = clock.now();
  }

  /** Since the beginning. */
  get nowMs(): number {
    return this.#clock.now() - this.#beganMs;
  }

  /** The keys of a provider by their places. */
  placesOf(provider: number): readonly number[] {
    return Array.from({ length: this.keys }, (_, index) => (provider - 1) * this.keys + index + 1);
  }

  /** Whether a contender that knows everything would call with this key now if it had a seat. */
  isWell(place: number, model = 1): boolean {
    const { scenario, nowMs } = this;
    return !isBadKey(scenario, place, nowMs, model) && !isDown(scenario, nowMs, model);
  }

  /** Whether its account would take one call more now. */
  hasRoom(place: number): boolean {
    return (
      this.carried(place) < this.seats(place) && this.#acceptedThisMinute(place) < (this.scenario.perMinute ?? Infinity)
    );
  }

  /** Whether this request fails whatever the key. */
  isAtFault(request: number): boolean {
    const ask = { place: 0, model: 1, atMs: this.nowMs, request, nth: 1 };
    return this.#fault(({ of }) => of === 'requests', ask) !== undefined;
  }

  /** Calls that the key's account carries right now. */
  carried(place: number): number {
    return this.#carried.get(this.#accountOf(place)) ?? 0;
  }

  /** Calls that the key's account can carry at once. */
  seats(place: number): number {
    const { seats } = this.scenario;
    return seats?.[(this.#accountOf(place) - 1) % seats.length] ?? Infinity;
  }

  /** Calls that all accounts together can carry at once. */
  get allSeats(): number {
    const places = [...new Set(this.chain)].flatMap((provider) => this.placesOf(provider));
    const byAccount = new Map(places.map((place) => [this.#accountOf(place), this.seats(place)]));
    return [...byAccount.values()].reduce((sum, seats) => sum + seats, 0);
  }

  /** One call; throws only the signal's reason when that is not a passed deadline. */
  async call(place: number, request: number, signal: AbortSignal, model = 1): Promise<HttpReply> {
    const atMs = this.nowMs;
    const nth = (this.#made.get(request) ?? 0) + 1;
    this.#made.set(request, nth);
    const fault = this.#fault(() => true, { place, model, atMs, request, nth });
    const isServed = fault === undefined || fault.deed === 'slow';
    const met = isServed ? (this.#refusal(place) ?? fault?.deed) : fault?.deed;
    if (met === undefined || met === 'slow') this.#accept(place, atMs);
    const badKey = isBadKey(this.scenario, place, atMs, model);
    const began = { place, model, request, nth, startedMs: atMs, badKey, met } as const;
    const call: Call = { ...began, endedMs: undefined, ending: 'under-way' };
    this.calls.push(call);
    try {
      const reply = await this.#answer(call, fault, signal);
      call.ending = reply === served ? 'served' : 'failed';
      return reply;
    } catch (error) {
      call.ending = 'broken-off';
      if (isTimeout(signal.reason)) return { kind: 'timed-out' };
      throw error;
    } finally {
      call.endedMs = this.nowMs;
    }
  }

  /** What the free probe says: it knows whether the key is accepted and whether the provider answers, and no more. */
  async probe(place: number, signal: AbortSignal): Promise<HttpReply> {
    const atMs = this.nowMs;
    const models = this.#modelsOf(place);
    const reaches = (fault: Fault) => reachesProbe(fault) && models.every((model) => isOfModel(fault, model));
    const inEffect = this.#fault(reaches, { place, model: models[0] ?? 1, atMs, request: 0, nth: 0 });
    this.probes.push({ place, atMs, passed: inEffect === undefined });
    try {
      return await this.#answer({ place, met: inEffect?.deed }, inEffect, signal, accepted);
    } catch (error) {
      if (isTimeout(signal.reason)) return { kind: 'timed-out' };
      throw error;
    }
  }

  #fault(kind: (fault: Fault) => boolean, ask: Ask): Fault | undefined {
    return faultOf(this.scenario, ask, this.#luck, kind);
  }

  async #answer(
    { place, met }: Pick<Call, 'place' | 'met'>,
    fault: Fault | undefined,
    signal: AbortSignal,
    result = served,
  ): Promise<HttpReply> {
    if (met === undefined || met === 'slow') {
      if (result === accepted) await this.#clock.sleep(refusalMs, signal);
      else await this.#serve(place, this.serviceMs * (met === 'slow' ? (fault?.times ?? usualSlowness) : 1), signal);
      return result;
    }
    await this.#clock.sleep(met === 'hang' ? foreverMs : refusalMs, signal);
    if (met === 'no-seat') return tooManyCalls(this.seats(place));
    const overInMs = fault?.saysWhen === true && fault.untilMs !== undefined ? fault.untilMs - this.nowMs : undefined;
    return answerTo(met, overInMs);
  }

  async #serve(place: number, ms: number, signal: AbortSignal): Promise<void> {
    const account = this.#accountOf(place);
    this.#carried.set(account, this.carried(place) + 1);
    try {
      await this.#clock.sleep(ms, signal);
    } finally {
      this.#carried.set(account, this.carried(place) - 1);
    }
  }

  #refusal(place: number): 'no-seat' | 'rate-limited' | undefined {
    if (this.hasRoom(place)) return undefined;
    return this.carried(place) < this.seats(place) ? 'rate-limited' : 'no-seat';
  }

  #accept(place: number, atMs: number): void {
    const minute = minuteOf(atMs);
    if (minute !== this.#minute) this.#accepted.clear();
    this.#minute = minute;
    const account = this.#accountOf(place);
    this.#accepted.set(account, (this.#accepted.get(account) ?? 0) + 1);
  }

  #acceptedThisMinute(place: number): number {
    return minuteOf(this.nowMs) === this.#minute ? (this.#accepted.get(this.#accountOf(place)) ?? 0) : 0;
  }

  #accountOf(place: number): number {
    const { accounts } = this.scenario;
    return accounts === undefined ? place : Math.ceil((place * accounts) / this.keys);
  }

  /** The models of the chain that the key's provider has. */
  #modelsOf(place: number): readonly number[] {
    const provider = Math.ceil(place / this.keys);
    return this.chain.flatMap((one, index) => (one === provider ? [index + 1] : []));
  }
}

function reachesProbe({ deed, of, share }: Fault): boolean {
  if (deed === 'unknown-model') return false;
  return deed === 'rejected' || deed === 'cut' || deed === 'hang' || (of === 'provider' && share === undefined);
}

const keyPrefix = 'simulated-key-';

export function keyAt(place: number): Secret {
  return new Secret(`${keyPrefix}${place}`);
}

/** The name of a model of the chain, counted from 1. */
export function modelAt(at: number): string {
  return `simulated/model-${at}`;
}

export function promptOf(request: number): string {
  return `a red fox, number ${request}`;
}

/** The world as it looks over the wire, so that the real adapter reads its answers and judges whose fault they are. */
export function worldHttp(world: World): HttpClient {
  return {
    call: async ({ method, url, headers, body, signal }) => {
      const place = numberAtEnd(headers['authorization'] ?? '');
      if (method === 'GET') return await world.probe(place, signal);
      const { text } = JSON.parse(String(body)) as { readonly text: string };
      return await world.call(place, numberAtEnd(text), signal, numberAtEnd(url));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function numberAtEnd(words: string): number {
  return Number(/(?<!\d)(\d+)$/.exec(words)?.[1]);
}
