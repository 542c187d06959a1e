import type { HouseEvent, Tell } from '../domain/events.ts';
import type { AttemptFailure } from '../domain/failure.ts';
import type { KeyId } from '../domain/ids.ts';
import type { KeyState, KeyVerdict } from '../domain/key-state.ts';
import type { KeyRecord } from '../domain/key-store.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { PoolView } from '../domain/views.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import type { KeyHappening } from './key-life.ts';
import { nextKeyState, stateAt } from './key-life.ts';
import type { Lease, Returned, SeatAnswer, SeatRequest } from './lease.ts';
import { restAlone } from './rest-alone.ts';
import { poolViewOf } from './pool-view.ts';
import type { PoolKey } from './pooled-key.ts';
import { PooledKey } from './pooled-key.ts';
import { isDueForCall, whyNoSeat } from './seats.ts';
import type { StrategyName } from './strategies.ts';
import { strategies } from './strategies.ts';
import { verdictFor } from './verdict.ts';

export type KeyPoolOptions = {
  readonly keys: readonly PoolKey[];
  /** What earlier runs learned. */
  readonly remembered: readonly KeyRecord[];
  readonly strategy: StrategyName;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: Tell;
};

/**
 * The keys of all providers and their seats. A seat is asked for and given back; who waits for one is not the pool's
 * matter: it only calls its listeners the moment a seat may have become free, be it returned or woken by its time.
 */
export class KeyPool {
  readonly #keys: readonly PooledKey[];
  readonly #byId: ReadonlyMap<KeyId, PooledKey>;
  readonly #strategy: StrategyName;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #tell: Tell;
  readonly #seatListeners = new Set<(provider: ProviderName) => void>();
  readonly #changeListeners = new Set<(record: KeyRecord) => void>();
  readonly #alarms = new Map<KeyId, Disposable>();
  readonly #lastPlace = new Map<ProviderName, number>();

  constructor(options: KeyPoolOptions) {
    const remembered = new Map(options.remembered.map((record) => [record.id, record]));
    this.#keys = options.keys.map((key) => new PooledKey(key, remembered.get(key.id)));
    this.#byId = new Map(this.#keys.map((pooled) => [pooled.key.id, pooled]));
    this.#strategy = options.strategy;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#tell = options.tell;
    for (const pooled of this.#keys) this.#setAlarm(pooled);
  }

  /** A seat of the key that the strategy prefers, or why there is none; never waits. */
  lease(provider: ProviderName, request: SeatRequest = {}): SeatAnswer {
    const nowMs = this.#clock.now();
    const suited = this.#keys.filter((pooled) => serves(pooled, provider, request.model));
    // A key that ran out of credit comes back by one careful real call: it goes first when its time has come.
    const due = suited.find((pooled) => isDueForCall(pooled, nowMs));
    if (due !== undefined) {
      const before = due.state;
      this.#happen(due, { kind: 'probe-begins' });
      // A careful call that was not made after all stays due, for the next job.
      const stayDue = () => {
        if (due.state.kind === 'probing') due.state = before;
      };
      return { kind: 'seat', lease: this.#borrow(due, stayDue) };
    }
    const free = suited.filter(
      (pooled) => stateAt(pooled.state, nowMs).kind === 'ready' && pooled.inFlight < pooled.seatLimit,
    );
    const fresh = free.filter((pooled) => request.avoid?.has(pooled.key.id) !== true);
    const [first, ...others] = fresh.length > 0 ? fresh : free;
    if (first === undefined) return whyNoSeat(suited, nowMs);
    const lastPlace = this.#lastPlace.get(provider) ?? 0;
    const chosen = strategies[this.#strategy]([first.choice(), ...others.map((pooled) => pooled.choice())], {
      lastPlace,
      random: this.#random,
    });
    this.#lastPlace.set(provider, chosen.place);
    const pooled = [first, ...others].find(({ key }) => key.place === chosen.place) ?? first;
    // A line that finds no job for its seat must not cost the key its turn.
    const keepTurn = () => {
      if (this.#lastPlace.get(provider) === chosen.place) this.#lastPlace.set(provider, lastPlace);
    };
    return { kind: 'seat', lease: this.#borrow(pooled, keepTurn) };
  }

  /** How many calls the provider's ready keys may carry together: the width of its line. */
  seats(provider: ProviderName): number {
    const nowMs = this.#clock.now();
    return this.#keys
      .filter(
        ({ key, state }) =>
          key.provider === provider && (state.kind === 'probing' || stateAt(state, nowMs).kind === 'ready'),
      )
      .reduce((sum, pooled) => sum + pooled.seatLimit, 0);
  }

  /** Calls back whenever a seat of the provider may have become free. */
  onSeat(listener: (provider: ProviderName) => void): Disposable {
    this.#seatListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#seatListeners.delete(listener) };
  }

  /** Calls back with what is worth remembering whenever a key changed. */
  onChange(listener: (record: KeyRecord) => void): Disposable {
    this.#changeListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#changeListeners.delete(listener) };
  }

  snapshot(provider?: ProviderName): PoolView {
    const nowMs = this.#clock.now();
    const keys = this.#keys
      .filter(({ key }) => provider === undefined || key.provider === provider)
      .map((pooled) => pooled.view(nowMs));
    return poolViewOf(keys);
  }

  /** Tells the pool what a probe or a human says of a key; an unknown id is ignored. */
  note(id: KeyId, happening: KeyHappening): void {
    const pooled = this.#byId.get(id);
    if (pooled !== undefined) this.#happen(pooled, happening);
  }

  /** The keys themselves, for those who probe them. */
  keys(): readonly { readonly key: PoolKey; readonly state: KeyState }[] {
    return this.#keys.map(({ key, state }) => ({ key, state: stateAt(state, this.#clock.now()) }));
  }

  [Symbol.dispose](): void {
    for (const alarm of this.#alarms.values()) alarm[Symbol.dispose]();
    this.#alarms.clear();
  }

  #borrow(pooled: PooledKey, ifUnused: () => void): Lease {
    pooled.inFlight += 1;
    let given = false;
    return {
      keyId: pooled.key.id,
      keyName: pooled.key.name,
      secret: pooled.key.secret,
      ...(pooled.key.onlyModel === undefined ? {} : { onlyModel: pooled.key.onlyModel }),
      release: (returned) => {
        if (given) return;
        given = true;
        this.#takeBack(pooled, returned, ifUnused);
      },
    };
  }

  #takeBack(pooled: PooledKey, returned: Returned, ifUnused: () => void): void {
    const inFlight = pooled.inFlight;
    pooled.inFlight -= 1;
    if (returned.kind === 'unused') {
      ifUnused();
    } else {
      pooled.calls += 1;
      pooled.lastUsedMs = this.#clock.now();
      if (returned.kind === 'succeeded') {
        pooled.noteSuccess(returned.ms);
        pooled.trackRecord.noteSuccess(returned.model ?? '', pooled.lastUsedMs);
        this.#happen(pooled, { kind: 'fine' });
      } else {
        const { failure, model = '' } = returned;
        pooled.noteFailure(failure);
        if (failure.reason === 'concurrency') pooled.seatLimit = Math.max(1, inFlight - 1);
        this.#happen(pooled, this.#verdict(pooled, failure, model));
      }
    }
    this.#seatFreed(pooled);
  }

  #verdict(pooled: PooledKey, failure: AttemptFailure, model: string): KeyVerdict {
    const { provider } = pooled.key;
    const siblings = this.#keys.filter((other) => other !== pooled && serves(other, provider, model));
    const facts = { nowMs: this.#clock.now(), random: this.#random };
    return restAlone(pooled, siblings, failure, model, facts) ?? verdictFor(failure);
  }

  #happen(pooled: PooledKey, happening: KeyHappening): void {
    const nowMs = this.#clock.now();
    const before = stateAt(pooled.state, nowMs);
    const { limitedInARow } = pooled;
    pooled.state = nextKeyState(before, happening, { nowMs, limitedInARow, random: this.#random });
    for (const listener of this.#changeListeners) listener(pooled.record());
    if (pooled.state === before) return;
    const { id, name, provider } = pooled.key;
    const event: HouseEvent = { event: 'key.changed', keyId: id, keyName: name, state: pooled.state };
    this.#tell(event);
    this.#setAlarm(pooled);
    if (pooled.state.kind === 'ready' || before.kind === 'ready') this.#announce(provider);
  }

  #setAlarm(pooled: PooledKey): void {
    const { id } = pooled.key;
    this.#alarms.get(id)?.[Symbol.dispose]();
    this.#alarms.delete(id);
    const { state } = pooled;
    const atMs = state.kind === 'cooling' ? state.untilMs : state.kind === 'benched' ? state.probeAtMs : undefined;
    if (atMs === undefined) return;
    this.#alarms.set(
      id,
      this.#clock.schedule(atMs - this.#clock.now(), () => {
        this.#alarms.delete(id);
        pooled.state = stateAt(pooled.state, this.#clock.now());
        this.#seatFreed(pooled);
      }),
    );
  }

  #seatFreed(pooled: PooledKey): void {
    this.#announce(pooled.key.provider);
  }

  #announce(provider: ProviderName): void {
    for (const listener of this.#seatListeners) listener(provider);
  }
}

function serves({ key }: PooledKey, provider: ProviderName, model: string | undefined): boolean {
  return key.provider === provider && (model === undefined || key.onlyModel === undefined || key.onlyModel === model);
}
