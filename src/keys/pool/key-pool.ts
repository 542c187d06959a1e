import type { Choice } from '../../domain/attempt-trail.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { Secret } from '../../kit/secret.ts';
import { CallEndings } from './record-result.ts';
import type { Call, Roster } from './provider-keys.ts';
import type { Lease, Returned, KeyLeases, SeatAnswer, SeatRequest } from '../../domain/key-leases.ts';
import { PoolTime } from './pool-clock.ts';
import type { Tell } from '../../domain/events.ts';
import type { JobKind } from '../../domain/job.ts';
import type { KeyState } from '../../domain/key-state.ts';
import type { KeyRecord } from '../../domain/key-store.ts';
import type { Mechanisms } from '../../domain/mechanisms.ts';
import { type PoolView, poolViewOf } from '../../domain/views.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Random } from '../../kit/backoff.ts';
import { Accounts, type KeyGroups } from './accounts.ts';
import { chooseKey, whyNoSeat } from './select-key.ts';
import { type Chosen, skippedOf } from './least-expected-time.ts';
import { isGuessed, type KeyHappening } from '../rules/key-state.ts';
import { type ChangeListener, KeyLives, type SeatListener } from './transitions.ts';
import { keyViewOf } from './snapshot.ts';
import type { PoolKey } from '../sources/identify-keys.ts';
import { type KeysReplaced, Rosters } from './key-registry.ts';
import type { StrategyName } from '../rules/strategies.ts';

/** A borrowed seat, until its call comes back. */
export class Seat implements Lease {
  readonly keyId: KeyId;
  readonly keyName: string;
  readonly secret: Secret;
  readonly onlyModel?: string;
  readonly choice: Choice;
  readonly #call: Call;
  readonly #endings: CallEndings;
  readonly #time: PoolTime;
  #isGiven = false;

  constructor(call: Call, choice: Choice, endings: CallEndings, time: PoolTime) {
    const { key } = call.pooled;
    this.keyId = key.id;
    this.keyName = key.name;
    this.secret = key.secret;
    if (key.onlyModel !== undefined) this.onlyModel = key.onlyModel;
    this.choice = choice;
    this.#call = call;
    this.#endings = endings;
    this.#time = time;
  }

  serves(model: string): boolean {
    return this.#call.pooled.serves(model, this.#time.wallMs());
  }

  async renew(): Promise<boolean> {
    return !this.#isGiven;
  }

  release(returned: Returned): void {
    if (this.#isGiven) return;
    this.#isGiven = true;
    this.#endings.ended(this.#call, returned);
  }
}

export type KeyPoolOptions = {
  readonly keys: readonly PoolKey[];
  /** What earlier runs learned. */
  readonly remembered: readonly KeyRecord[];
  readonly strategy: StrategyName;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: Tell;
  /** As configured: from a key to the first one of its account. */
  readonly groups?: KeyGroups;
  /** The most calls that one account of the provider may carry, where the operator says so. */
  readonly mostSeats?: (provider: ProviderName) => number | undefined;
  /** All of them, when absent. */
  readonly mechanisms?: Mechanisms;
};

/**
 * The keys of all providers and their seats. A seat is asked for and given back; who waits for one is not the pool's
 * matter: it only calls its listeners the moment a seat may have become free, be it returned or woken by its time.
 *
 *     lease ── choose-key: which key is free and should be done first
 *     release ── call-endings: what that call says ──► key-lives: what becomes of the key
 *                                                 ├──► seat-limit: how many calls its account carries
 *                                                 └──► accounts: which keys share one
 */
export class KeyPool implements KeyLeases {
  readonly #rosters: Rosters;
  readonly #strategy: StrategyName;
  readonly #random: Random;
  readonly #tell: Tell;
  readonly #time: PoolTime;
  readonly #lives: KeyLives;
  readonly #endings: CallEndings;

  constructor(options: KeyPoolOptions) {
    const { keys, remembered, groups, strategy, clock, random, tell, mechanisms } = options;
    const { mostSeats = () => undefined } = options;
    const time = new PoolTime(clock);
    const accounts = new Accounts({ mostSeats, tell });
    const lives = new KeyLives({ time, clock, random, tell, accounts });
    this.#strategy = strategy;
    this.#random = random;
    this.#tell = tell;
    this.#time = time;
    this.#lives = lives;
    this.#endings = new CallEndings({ time, lives, accounts });
    this.#rosters = new Rosters({ time, lives, accounts, mechanisms });
    this.#rosters.replace(keys, remembered, groups);
  }

  /** As `lease`: the pool is the one of this process alone. */
  async acquire(provider: ProviderName, request?: SeatRequest): Promise<SeatAnswer> {
    return this.lease(provider, request);
  }

  /** A seat of the key that the strategy prefers, or why there is none; never waits. */
  lease(provider: ProviderName, request: SeatRequest = {}): SeatAnswer {
    const roster = this.#rosters.find(provider);
    if (roster === undefined) return { kind: 'no-keys' };
    const upMs = this.#time.upMs();
    const nowMs = this.#time.wallMs(upMs);
    if (nowMs >= roster.nextDueMs) this.#lives.wakeDue(roster);
    const wish = roster.mechanisms.slowHoldBack ? request : { ...request, evenSlow: true };
    const chosen = chooseKey(roster, wish, this.#strategy, { nowMs, random: this.#random });
    if (chosen === undefined) return whyNoSeat(roster, request.model, nowMs);
    if (chosen.kind === 'slow') return chosen;
    const { why, of, skips, expectedMs } = chosen;
    const skipped = skippedOf(roster, skips);
    const choice = expectedMs === undefined ? { why, of, skipped } : { why, of, skipped, expectedMs };
    const call = this.#borrow(roster, chosen, upMs);
    return { kind: 'seat', lease: new Seat(call, choice, this.#endings, this.#time) };
  }

  /** How many calls the provider's keys may carry together right now: the width of its line. */
  seats(provider: ProviderName): number {
    const roster = this.#rosters.find(provider);
    if (roster === undefined) return 0;
    this.#lives.wakeDue(roster);
    return roster.width;
  }

  /** How long a call with the middle one of the last successes took; undefined before there was one. */
  expectedMs(provider: ProviderName, model: string, job: JobKind): number | undefined {
    return this.#rosters.find(provider)?.bookOf(model, job)?.medianMs;
  }

  /** What the last successes of all keys took together; undefined before there was one. */
  latency(
    provider: ProviderName,
    model: string,
    job: JobKind,
  ): { readonly samples: number; readonly p99Ms: number } | undefined {
    const book = this.#rosters.find(provider)?.bookOf(model, job);
    const p99Ms = book?.p99Ms;
    return book === undefined || p99Ms === undefined ? undefined : { samples: book.samples, p99Ms };
  }

  /** Calls back whenever a seat of the provider may have become free. */
  onSeat(listener: SeatListener): Disposable {
    return listening(this.#lives.seatListeners, listener);
  }

  /** Calls back with what is worth remembering: urgent when more changed than what is counted. */
  onChange(listener: ChangeListener): Disposable {
    return listening(this.#lives.changeListeners, listener);
  }

  snapshot(provider?: ProviderName): PoolView {
    this.#wakeAllDue();
    const nowMs = this.#time.wallMs();
    return poolViewOf([...this.#rosters.keys(provider)].map((pooled) => keyViewOf(pooled, nowMs)));
  }

  /** The keys themselves, for those who probe them. */
  keys(): readonly { readonly key: PoolKey; readonly state: KeyState }[] {
    this.#wakeAllDue();
    return [...this.#rosters.keys()].map(({ key, state }) => ({ key, state }));
  }

  /** Tells the pool what a probe or a human says of a key; an unknown id is ignored. */
  note(id: KeyId, happening: KeyHappening): void {
    const pooled = this.#rosters.key(id);
    const roster = pooled && this.#rosters.find(pooled.key.provider);
    if (roster === undefined || pooled === undefined) return;
    if (this.#lives.happen(roster, pooled, happening)) this.#lives.announce(roster.provider);
  }

  /** Takes back what was held against keys since `sinceMs` without knowing that it was theirs; answers which, by name. */
  clearGuesses(provider: ProviderName, sinceMs: number): readonly string[] {
    const roster = this.#rosters.find(provider);
    if (roster === undefined) return [];
    const guessed = roster.keys.filter(({ state }) => isGuessed(state) && state.sinceMs >= sinceMs);
    for (const pooled of guessed) {
      pooled.forgetFaults();
      this.#lives.happen(roster, pooled, { kind: 'cleared' });
    }
    const keyNames = guessed.map(({ key }) => key.name);
    if (keyNames.length === 0) return [];
    this.#tell({ event: 'keys.cleared', provider, keyNames });
    this.#lives.announce(provider);
    return keyNames;
  }

  /** These keys from now on: known ones keep what was learned, calls with removed ones finish. */
  replaceKeys(keys: readonly PoolKey[], records: readonly KeyRecord[], groups?: KeyGroups): KeysReplaced {
    return this.#rosters.replace(keys, records, groups);
  }

  /** The machine's clock was set: every remembered time moves with it. */
  shift(byMs: number): void {
    if (byMs === 0) return;
    this.#rosters.shift(byMs);
    this.#tell({ event: 'clock.jumped', byMs });
  }

  [Symbol.dispose](): void {
    for (const roster of this.#rosters.all()) roster.alarm?.[Symbol.dispose]();
  }

  #borrow(roster: Roster, { pooled, why }: Chosen, upMs: number): Call {
    const { account } = pooled;
    if (pooled.inFlight === 0) pooled.quietSinceUpMs = upMs;
    pooled.inFlight += 1;
    account.inFlight += 1;
    const turnBefore = roster.lastPlace;
    roster.lastPlace = pooled.key.place;
    if (why === 'half-open') roster.lastTrialAt = roster.handedOut;
    if (why === 'explored') roster.lastExploredAt = roster.handedOut;
    roster.handedOut += 1;
    roster.refresh(account);
    return { pooled, roster, why, fromUpMs: upMs, begunAs: account.inFlight, turnBefore };
  }

  #wakeAllDue(): void {
    for (const roster of this.#rosters.all()) this.#lives.wakeDue(roster);
  }
}

function listening<Listener>(listeners: Set<Listener>, listener: Listener): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}
