import type { JobId, KeyId, ProviderName } from '../../domain/ids.ts';
import { DoubtfulRefusals } from './doubtful-refusals.ts';
import { CallRecorder } from './record-result.ts';
import { type Call, type ProviderKeys, skippedOf } from './provider-keys.ts';
import type { Lease, KeyLeases, SeatAnswer, SeatRequest } from '../../domain/key-leases.ts';
import { PoolClock, type Clock } from '../../kit/clock.ts';
import type { Emit } from '../../domain/events.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { KeyBalance, KeyState, KeyRecord } from '../../domain/key-state.ts';
import type { Mechanisms } from '../../domain/mechanisms.ts';
import { type PoolView, poolViewOf } from '../../domain/views.ts';
import type { Random } from '../../kit/backoff.ts';
import { Accounts, type KeyGroups } from './accounts.ts';
import { type StrategyName, chooseKey, whyNoSeat } from './select-key.ts';
import type { Chosen } from './least-expected-time.ts';
import { isGuessed, type KeyEvent } from '../rules/key-state.ts';
import { type ChangeListener, KeyStateMachine, type SeatListener } from './transitions.ts';
import { keyViewOf, type KeysReplaced, KeyRegistry } from './key-registry.ts';
import type { PoolKey } from '../sources/identify-keys.ts';
import type { Sharing } from '../shared/sharing.ts';
import { Seat } from './seat.ts';
import { SharedFacts } from './shared-facts.ts';
import { type Borrowed, SharedPool, type Unborrowed } from './shared-pool.ts';

export type KeyPoolOptions = {
  readonly keys: readonly PoolKey[];
  /** The records that earlier runs stored. */
  readonly remembered: readonly KeyRecord[];
  readonly strategy: StrategyName;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** The configured groups: maps a key to the first key of its account. */
  readonly groups?: KeyGroups;
  /** The configured maximum of concurrent calls of one account of the provider, if any. */
  readonly maxSeats?: (provider: ProviderName) => number | undefined;
  /** All of them, when absent. */
  readonly mechanisms?: Mechanisms;
  /** Absent where one process works with the keys. */
  readonly sharing?: Sharing | undefined;
};

/**
 * The keys of all providers and their seats. Callers lease and release seats. The pool keeps no queue: it calls its
 * listeners when a seat may have become free, by a release or because a cooldown ended.
 *
 *     lease ── select-key: chooses the free key with the least expected time
 *     release ── record-result: evaluates the call ──► transitions: the state of the key
 *                                                 ├──► account-limits: the seats of its account
 *                                                 └──► accounts: which keys share an account
 */
export class KeyPool implements KeyLeases {
  readonly #registry: KeyRegistry;
  readonly #strategy: StrategyName;
  readonly #random: Random;
  readonly #emit: Emit;
  readonly #time: PoolClock;
  readonly #stateMachine: KeyStateMachine;
  readonly #endings: CallRecorder;
  readonly #doubts: DoubtfulRefusals;
  /** Absent where one process works with the keys. */
  readonly sharing: Sharing | undefined;
  readonly #shared: SharedPool | undefined;
  readonly #facts: SharedFacts | undefined;

  constructor(options: KeyPoolOptions) {
    const { keys, remembered, groups, strategy, clock, random, emit, mechanisms } = options;
    const { maxSeats = () => undefined } = options;
    const time = new PoolClock(clock);
    const accounts = new Accounts({ maxSeats, emit });
    const stateMachine = new KeyStateMachine({ time, clock, random, emit, accounts });
    this.#strategy = strategy;
    this.#random = random;
    this.#emit = emit;
    this.#time = time;
    this.#stateMachine = stateMachine;
    this.#doubts = new DoubtfulRefusals(stateMachine);
    this.#endings = new CallRecorder({ time, stateMachine, accounts, doubts: this.#doubts });
    this.#registry = new KeyRegistry({ time, stateMachine, accounts, mechanisms });
    this.#registry.replace(keys, remembered, groups);
    const { sharing } = options;
    this.sharing = sharing;
    if (sharing === undefined) return;
    const parts = { registry: this.#registry, stateMachine, accounts, time, endings: this.#endings };
    this.#shared = new SharedPool({
      ...parts,
      sharing,
      borrow: (provider, request) => this.#choose(provider, request),
    });
    this.#facts = new SharedFacts({ ...parts, board: sharing.board });
  }

  /** Same as `lease` where one process works with the keys; else the seat is taken at the store as well. */
  async acquire(provider: ProviderName, request?: SeatRequest): Promise<SeatAnswer> {
    return this.#shared === undefined ? this.lease(provider, request) : this.#shared.acquire(provider, request ?? {});
  }

  async resume(keyId: KeyId): Promise<Lease | undefined> {
    const pooled = this.#registry.key(keyId);
    const providerKeys = pooled && this.#registry.find(pooled.key.provider);
    if (providerKeys === undefined || pooled === undefined) return undefined;
    const why = 'only-one';
    const call = this.#borrow(providerKeys, { pooled, why }, this.#time.monotonicMs());
    const choice = { why, of: 1, skipped: {} } as const;
    if (this.#shared !== undefined) return this.#shared.resume(call, choice);
    return new Seat(call, choice, this.#endings, this.#time);
  }

  /** Leases a seat of the key that the strategy selects, or returns why there is none; never waits. */
  lease(provider: ProviderName, request: SeatRequest = {}): SeatAnswer {
    const borrowed = this.#choose(provider, request);
    if (borrowed.kind !== 'call') return borrowed;
    return { kind: 'seat', lease: new Seat(borrowed.call, borrowed.choice, this.#endings, this.#time) };
  }

  #choose(provider: ProviderName, request: SeatRequest): Borrowed | Unborrowed {
    const providerKeys = this.#registry.find(provider);
    if (providerKeys === undefined) return { kind: 'no-keys' };
    const monotonicMs = this.#time.monotonicMs();
    const nowMs = this.#time.wallMs(monotonicMs);
    if (nowMs >= providerKeys.nextDueMs) this.#stateMachine.wakeDue(providerKeys);
    const effective = providerKeys.mechanisms.slowHoldBack ? request : { ...request, evenSlow: true };
    const chosen = chooseKey(providerKeys, effective, this.#strategy, { nowMs, random: this.#random });
    if (chosen === undefined) return whyNoSeat(providerKeys, request, nowMs);
    if (chosen.kind === 'slow') return chosen;
    const { why, of, skips, expectedMs } = chosen;
    const skipped = skippedOf(providerKeys, skips);
    const choice = expectedMs === undefined ? { why, of, skipped } : { why, of, skipped, expectedMs };
    const call = this.#borrow(providerKeys, chosen, monotonicMs);
    this.#stateMachine.sent(providerKeys, chosen.pooled, nowMs);
    return { kind: 'call', call, choice };
  }

  /** Returns how many calls the keys of the provider may carry together now: the capacity of its line. */
  seats(provider: ProviderName): number {
    const providerKeys = this.#registry.find(provider);
    if (providerKeys === undefined) return 0;
    this.#stateMachine.wakeDue(providerKeys);
    return providerKeys.capacity;
  }

  /** Returns the median latency of the last successful calls; undefined before the first. */
  expectedMs(provider: ProviderName, model: string, job: JobKind): number | undefined {
    return this.#registry.find(provider)?.histogramOf(model, job)?.medianMs;
  }

  /** Returns the p99 latency of the last successful calls of all keys; undefined before the first. */
  latency(
    provider: ProviderName,
    model: string,
    job: JobKind,
  ): { readonly samples: number; readonly p99Ms: number } | undefined {
    const histogram = this.#registry.find(provider)?.histogramOf(model, job);
    const p99Ms = histogram?.p99Ms;
    return histogram === undefined || p99Ms === undefined ? undefined : { samples: histogram.samples, p99Ms };
  }

  /** Calls the listener when a seat of the provider may have become free. */
  onSeat(listener: SeatListener): Disposable {
    return listening(this.#stateMachine.seatListeners, listener);
  }

  /** Calls the listener when the record of a key changed, or only when more than the counters of a benched one did. */
  onChange(listener: ChangeListener, which: 'all' | 'benched' = 'all'): Disposable {
    const { changeListeners, benchListeners } = this.#stateMachine;
    return listening(which === 'benched' ? benchListeners : changeListeners, listener);
  }

  snapshot(provider?: ProviderName): PoolView {
    this.#wakeAllDue();
    const nowMs = this.#time.wallMs();
    return poolViewOf([...this.#registry.keys(provider)].map((pooled) => keyViewOf(pooled, nowMs)));
  }

  /** Returns the keys with their secrets, for probes. */
  keys(): readonly { readonly key: PoolKey; readonly state: KeyState }[] {
    this.#wakeAllDue();
    return [...this.#registry.keys()].map(({ key, state }) => ({ key, state }));
  }

  /** Applies the result of a probe or an admin's command to a key; an unknown id is ignored. */
  note(id: KeyId, event: KeyEvent): void {
    const pooled = this.#registry.key(id);
    const providerKeys = pooled && this.#registry.find(pooled.key.provider);
    if (providerKeys === undefined || pooled === undefined) return;
    if (this.#stateMachine.apply(providerKeys, pooled, event)) this.#stateMachine.announce(providerKeys.provider);
  }

  /** The provider says how many calls at once the account of this key may carry; an unknown id is ignored. */
  tellSeats(id: KeyId, seats: number): void {
    const pooled = this.#registry.key(id);
    const providerKeys = pooled && this.#registry.find(pooled.key.provider);
    if (providerKeys === undefined || pooled === undefined) return;
    this.#endings.told(pooled, providerKeys, seats);
  }

  /** The provider says what is left on the account of this key. */
  tellBalance(id: KeyId, balance: KeyBalance): void {
    const pooled = this.#registry.key(id);
    if (pooled === undefined) return;
    pooled.balance = balance;
    this.#stateMachine.changed(pooled, false);
    this.#stateMachine.witness?.changed(pooled);
  }

  /** The request itself, not a key, was the cause of its doubtful refusals. */
  acquit(jobId: JobId): void {
    this.#doubts.acquit(jobId, this.#registry);
  }

  /** The model refuses every key: what its refusals say of keys is void. */
  acquitModel(provider: ProviderName, model: string): void {
    const providerKeys = this.#registry.find(provider);
    if (providerKeys !== undefined) this.#doubts.acquitModel(providerKeys, model);
  }

  /** The request was served by this model, with another key than those that had refused it. */
  served(jobId: JobId, model: string): void {
    this.#doubts.served(jobId, model, this.#registry);
  }

  /** Clears suspicions and guessed cooldowns that began at or after `sinceMs`. Returns the names of the cleared keys. */
  clearGuesses(provider: ProviderName, sinceMs: number): readonly string[] {
    const providerKeys = this.#registry.find(provider);
    if (providerKeys === undefined) return [];
    this.#doubts.acquitAll(providerKeys);
    const guessed = providerKeys.keys.filter(({ state }) => isGuessed(state) && state.sinceMs >= sinceMs);
    for (const pooled of guessed) {
      pooled.forgetFaults();
      this.#stateMachine.apply(providerKeys, pooled, { kind: 'cleared' });
    }
    const keyNames = guessed.map(({ key }) => key.name);
    if (keyNames.length === 0) return [];
    this.#emit({ event: 'keys.cleared', provider, keyNames });
    this.#stateMachine.announce(provider);
    return keyNames;
  }

  /** Replaces all keys: known keys keep their state, calls of removed keys finish. */
  replaceKeys(keys: readonly PoolKey[], records: readonly KeyRecord[], groups?: KeyGroups): KeysReplaced {
    const replaced = this.#registry.replace(keys, records, groups);
    this.#facts?.keysReplaced();
    return replaced;
  }

  /** Moves every stored time by `byMs`, after the system clock was set. */
  shift(byMs: number): void {
    if (byMs === 0) return;
    this.#registry.shift(byMs);
    this.#emit({ event: 'clock.jumped', byMs });
  }

  [Symbol.dispose](): void {
    for (const providerKeys of this.#registry.all()) providerKeys.alarm?.[Symbol.dispose]();
  }

  #borrow(providerKeys: ProviderKeys, { pooled, why }: Pick<Chosen, 'pooled' | 'why'>, monotonicMs: number): Call {
    const { account } = pooled;
    if (pooled.inFlight === 0) pooled.quietSinceMonotonicMs = monotonicMs;
    pooled.inFlight += 1;
    account.inFlight += 1;
    const turnBefore = providerKeys.lastPlace;
    providerKeys.lastPlace = pooled.key.place;
    if (why === 'half-open') providerKeys.lastTrialAt = providerKeys.handedOut;
    if (why === 'explored') providerKeys.lastExploredAt = providerKeys.handedOut;
    providerKeys.handedOut += 1;
    providerKeys.refresh(account);
    return {
      pooled,
      providerKeys,
      why,
      startedAtMonotonicMs: monotonicMs,
      inFlightAtStart: account.inFlight,
      turnBefore,
    };
  }

  #wakeAllDue(): void {
    for (const providerKeys of this.#registry.all()) this.#stateMachine.wakeDue(providerKeys);
  }
}

function listening<Listener>(listeners: Set<Listener>, listener: Listener): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}
