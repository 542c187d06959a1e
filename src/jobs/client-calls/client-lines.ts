import type { ProviderName } from '../../domain/ids.ts';
import { type JobKind, kindTraits, type Lane, lanes, nextLane, streakAfter } from '../../domain/kinds.ts';
import type { ParkReason } from '../../domain/job.ts';
import type { Lease } from '../../domain/key-leases.ts';
import type { Clock } from '../../kit/clock.ts';

/** Whose call it is. */
export type Caller = {
  readonly number: number;
  readonly lane: Lane;
  /** How many of its calls may run at once; no limit when absent. */
  readonly running?: number;
};

/** The right to run for one turn, with the seat that became free; `end` is called when the provider has answered. */
export type Turn = { readonly seat: Lease | undefined; readonly end: () => void };

/** Starts the call that was taken; resolves when its turn is over. */
export type Start = (seat: Lease | undefined) => Promise<void>;

export type Waiting = {
  readonly line: ProviderName;
  readonly caller: Caller;
  readonly kind: JobKind;
  /** It is not handed out before. */
  readonly readyAtMs: number;
  readonly reason: ParkReason;
};

type Place = Waiting & { isReady: boolean; readonly start: Start; timer?: Disposable };

type CallerState = { running: number; lastRound: number };

/**
 * The calls of clients that wait for a seat, line by line, in memory: a call ends with its connection, so nothing of it has
 * to survive the process. Among clients the order is that of people: by virtual round, a lane and a client.
 */
export class ClientLines {
  readonly #places = new Map<ProviderName, Set<Place>>();
  readonly #callers = new Map<number, CallerState>();
  readonly #nowRound: Record<Lane, number> = { premium: 0, free: 0 };
  readonly #clock: Pick<Clock, 'now' | 'schedule'>;
  readonly #onWork: (line: ProviderName) => void;

  /** `onWork` hears that a call of the line may start now. */
  constructor(clock: Pick<Clock, 'now' | 'schedule'>, onWork: (line: ProviderName) => void) {
    this.#clock = clock;
    this.#onWork = onWork;
  }

  /** How many calls wait in the line, now or later. */
  waiting(line: ProviderName): number {
    return this.#places.get(line)?.size ?? 0;
  }

  /** True while one more call of the client may run. */
  mayRun({ number, running = Infinity }: Caller): boolean {
    return (this.#callers.get(number)?.running ?? 0) < running;
  }

  /** Counts a call that runs without having waited; `end` is called when its turn is over. */
  startNow(caller: Caller): Turn {
    const state = this.#stateOf(caller);
    state.running += 1;
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      state.running -= 1;
      if (state.running === 0 && !this.#waits(caller.number)) this.#callers.delete(caller.number);
      // Another line may have a call that its client's limit held up.
      if (caller.running !== undefined) for (const line of this.#places.keys()) this.#onWork(line);
    };
    return { seat: undefined, end };
  }

  /** Waits for a turn; rejects with the signal's reason. */
  wait(waiting: Waiting, signal: AbortSignal): Promise<Turn> {
    return new Promise((resolve, reject) => {
      const { line, caller, readyAtMs } = waiting;
      const leave = () => {
        place.timer?.[Symbol.dispose]();
        signal.removeEventListener('abort', onAbort);
        places.delete(place);
        if (places.size === 0) this.#places.delete(line);
      };
      const onAbort = () => {
        leave();
        reject(signal.reason as Error);
      };
      const start: Start = (seat) => {
        leave();
        return new Promise((over) => {
          const { end } = this.startNow(caller);
          resolve({
            seat,
            end: () => {
              end();
              over();
            },
          });
        });
      };
      const place: Place = { ...waiting, isReady: readyAtMs <= this.#clock.now(), start };
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      const places = this.#places.get(line) ?? new Set();
      this.#places.set(line, places.add(place));
      this.#stateOf(caller);
      if (!place.isReady) {
        place.timer = this.#clock.schedule(readyAtMs - this.#clock.now(), () => {
          place.isReady = true;
          this.#onWork(line);
        });
      }
      this.#onWork(line);
    });
  }

  /** How many clients have a call that may start now, by lane. */
  clientsReady(line: ProviderName): Record<Lane, number> {
    const found = { premium: new Set<number>(), free: new Set<number>() };
    for (const place of this.#ready(line)) found[place.caller.lane].add(place.caller.number);
    return { premium: found.premium.size, free: found.free.size };
  }

  /** Takes the call of the lane that goes first. */
  take(line: ProviderName, lane: Lane): { readonly start: Start; readonly cost: number } | undefined {
    let first: Place | undefined;
    let firstRound = Infinity;
    for (const place of this.#ready(line)) {
      if (place.caller.lane !== lane) continue;
      const round = Math.max(this.#nowRound[lane], this.#callers.get(place.caller.number)?.lastRound ?? 0);
      if (round < firstRound) [first, firstRound] = [place, round];
    }
    if (first === undefined) return undefined;
    const { cost } = kindTraits[first.kind];
    this.#nowRound[lane] = firstRound;
    this.#stateOf(first.caller).lastRound = firstRound + cost;
    return { start: first.start, cost };
  }

  /** A key is ready: calls that wait because keys cool may start before their time. */
  wakeCooling(line: ProviderName): void {
    for (const place of this.#places.get(line) ?? []) if (place.reason === 'keys-cooling') place.isReady = true;
  }

  *#ready(line: ProviderName): Iterable<Place> {
    for (const place of this.#places.get(line) ?? []) if (place.isReady && this.mayRun(place.caller)) yield place;
  }

  #waits(number: number): boolean {
    return [...this.#places.values()].some((places) => [...places].some(({ caller }) => caller.number === number));
  }

  #stateOf({ number, lane }: Caller): CallerState {
    const known = this.#callers.get(number);
    if (known !== undefined) return known;
    const fresh = { running: 0, lastRound: this.#nowRound[lane] };
    this.#callers.set(number, fresh);
    return fresh;
  }
}

/** One line, in which the calls of clients and the jobs of people take turns. */
export type LineGuests = {
  /** How many calls wait, now or later. */
  waiting(): number;
  /**
   * The call that starts now; undefined when it is a job's turn, or no call can start. `people` have a job that may start
   * now; nobody when it turned out that none can.
   */
  next(people: Readonly<Record<Lane, number>>): Start | undefined;
  /** A job has started. */
  jobStarted(lane: Lane, kind: JobKind): void;
  wakeCooling(): void;
};

/**
 * Shares a line: first the lane, as among people alone; within a lane the side that has had less for each of those who wait on
 * their side. With three people and one client waiting, the client gets every fourth turn.
 */
export function shareLine(line: ProviderName, calls: ClientLines): LineGuests {
  const had = { premium: { jobs: 0, calls: 0 }, free: { jobs: 0, calls: 0 } };
  const persons: Record<Lane, number> = { premium: 1, free: 1 };
  let inARow = 0;
  return {
    waiting: () => calls.waiting(line),
    next: (people) => {
      const clients = calls.clientsReady(line);
      for (const lane of lanes) persons[lane] = Math.max(1, people[lane]);
      const has = { premium: people.premium + clients.premium > 0, free: people.free + clients.free > 0 };
      const lane = nextLane(has, inARow);
      if (lane === undefined || clients[lane] === 0) return undefined;
      const turns = had[lane];
      if (people[lane] > 0 && turns.jobs <= turns.calls) return undefined;
      const taken = calls.take(line, lane);
      if (taken === undefined) return undefined;
      turns.calls += taken.cost / clients[lane];
      // Who did not wait has nothing coming to them.
      if (people[lane] === 0) turns.jobs = Math.max(turns.jobs, turns.calls);
      inARow = streakAfter(lane, inARow);
      return taken.start;
    },
    jobStarted: (lane, kind) => {
      const turns = had[lane];
      turns.jobs += kindTraits[kind].cost / persons[lane];
      if (calls.clientsReady(line)[lane] === 0) turns.calls = Math.max(turns.calls, turns.jobs);
      inARow = streakAfter(lane, inARow);
    },
    wakeCooling: () => calls.wakeCooling(line),
  };
}
