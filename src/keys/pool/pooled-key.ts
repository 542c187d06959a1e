import type { JobId, KeyId } from '../../domain/ids.ts';
import { type JobKind, kindTraits } from '../../domain/kinds.ts';
import type { SeatRequest } from '../../domain/key-leases.ts';
import type { ConcurrencyLimit } from '../rules/account-limits.ts';
import { CallWindow } from '../rules/call-window.ts';
import { type LatencyHistogram, PeakEwma, CallStarts, CallCounts } from '../rules/call-statistics.ts';
import {
  type CoolReason,
  type KeyBalance,
  type KeyState,
  acceptsCalls,
  type KeyRecord,
} from '../../domain/key-state.ts';
import { benchCooldownMs, modelCooldownMs } from '../rules/key-state.ts';
import type { PoolKey } from '../sources/identify-keys.ts';

/**
 * Why keys share an account: they do not (`own`), the operator configured it, refusals of the provider showed it
 * (`learned`), or it is a guess that the next call tests.
 */
export type AccountOrigin = 'own' | 'configured' | 'learned' | 'guessed';

/** An account of a provider: all its keys share its seats. */
export class Account {
  readonly origin: AccountOrigin;
  /** The id of its first key; undefined for a single key. */
  readonly name: KeyId | undefined;
  readonly members: PooledKey[] = [];
  limit: ConcurrencyLimit;
  /** How many calls its keys may send in a span of time, as far as the provider says. */
  window = new CallWindow();
  inFlight = 0;
  /** How many calls its keys that accept calls may carry together. */
  capacity = 0;

  constructor(origin: AccountOrigin, name: KeyId | undefined, limit: ConcurrencyLimit) {
    this.origin = origin;
    this.name = name;
    this.limit = limit;
  }

  /** When the last calls of all its keys began, oldest first. */
  starts(): readonly number[] {
    const [first] = this.members;
    if (this.members.length === 1 && first?.startsElsewhere.length === 0) return first.starts.all;
    return this.members
      .flatMap(({ starts, startsElsewhere }) => [...starts.all, ...startsElsewhere])
      .sort((a, b) => a - b);
  }

  /** Moves the key, with its calls in flight, from its current account to this one. */
  join(pooled: PooledKey): void {
    if (this.window.isUnknown) this.window = pooled.account.window.copy();
    pooled.account.leave(pooled);
    this.members.push(pooled);
    this.inFlight += pooled.inFlight;
    pooled.account = this;
  }

  leave(pooled: PooledKey): void {
    const at = this.members.indexOf(pooled);
    if (at < 0) return;
    this.members.splice(at, 1);
    this.inFlight -= pooled.inFlight;
  }
}

const none: readonly number[] = [];

/** Start and end of a time span, in monotonic milliseconds. */
export type Span = { startedAtMonotonicMs: number; toMonotonicMs: number };

/** Consecutive failures; calls that overlap count as one. */
export type Streak = { inARow: number; readonly sinceMonotonicMs: number; lastMonotonicMs: number };

type BlockedModel = { readonly untilMs: number; readonly times: number; readonly isForCredit?: boolean };

/** Work of this cost and above is more than the key's credit covers. */
type CreditLimit = { readonly cost: number; readonly untilMs: number; readonly times: number };

/** A doubtful refusal; `isServed` when another model has served its request since. */
export type Accusation = { readonly model: string; readonly atMonotonicMs: number; readonly isServed: boolean };

/** The state of one key; only the pool changes it. */
export class PooledKey {
  key: PoolKey;
  #state: KeyState;
  /** Ready, suspect or half-open. */
  acceptsCalls: boolean;
  account: Account;
  /** False after the key was removed; its calls in flight may still end. */
  inPool = true;
  /** With those that other processes make. */
  inFlight = 0;
  /** As the newest record has it. */
  recordedInFlight = 0;
  /** What was left on its account when it was last asked. */
  balance: KeyBalance | undefined;
  /** When the calls of other processes began that may count in a window; milliseconds since 1970. */
  startsElsewhere: readonly number[] = none;
  #inFlightElsewhere = 0;
  /** Slow start: after a cooldown a key carries one call, and twice as many after each success. */
  ramp = Infinity;
  limitedInARow: number;
  timedOutInARow = 0;
  /** Index in the list of free keys; -1 when the key is not free. */
  freeIndex = -1;
  /** When its last call ended, or when it got its first call after being idle. */
  quietSinceMonotonicMs = -Infinity;
  readonly lastSuccess: Span = { startedAtMonotonicMs: -1, toMonotonicMs: -1 };
  readonly counts: CallCounts;
  readonly starts: CallStarts;
  /** By model: consecutive failures that the provider may have caused. */
  readonly streaks = new Map<string, Streak>();
  /** By request: doubtful refusals since its last success; only DoubtfulRefusals changes them. */
  readonly accusations = new Map<JobId, Accusation>();
  readonly #expected: (PeakEwma | undefined)[] = [];
  #blockedModels: Map<string, BlockedModel> | undefined;
  #creditLimit: CreditLimit | undefined;

  constructor(key: PoolKey, remembered: KeyRecord | undefined, account: Account) {
    this.key = key;
    this.account = account;
    account.members.push(this);
    if (account.window.isUnknown) account.window = new CallWindow(remembered?.window);
    this.#state = remembered?.state ?? { kind: 'ready' };
    this.acceptsCalls = acceptsCalls(this.#state);
    this.limitedInARow = remembered?.limitedInARow ?? 0;
    this.counts = new CallCounts(remembered?.health);
    this.balance = remembered?.balance;
    this.starts = new CallStarts(remembered?.window?.starts);
  }

  get state(): KeyState {
    return this.#state;
  }

  /** Other processes make so many calls with the key now. Returns how that changed what its account carries. */
  calledElsewhere(underWay: number, starts: readonly number[]): 'more' | 'less' | 'no' {
    this.startsElsewhere = starts;
    const byCalls = underWay - this.#inFlightElsewhere;
    if (byCalls === 0) return 'no';
    this.#inFlightElsewhere = underWay;
    this.inFlight += byCalls;
    if (this.inPool) this.account.inFlight += byCalls;
    return byCalls > 0 ? 'more' : 'less';
  }

  get place(): number {
    return this.key.place;
  }

  get weight(): number {
    return this.key.weight;
  }

  get calls(): number {
    return this.counts.calls;
  }

  /** The maximum of concurrent calls of the key itself, independent of its account. */
  get maxCalls(): number {
    if (!this.acceptsCalls) return 0;
    return this.#state.kind === 'half-open' ? 1 : this.ramp;
  }

  become(state: KeyState): void {
    const before = this.#state.kind;
    this.#state = state;
    this.acceptsCalls = acceptsCalls(state);
    if (state.kind === 'half-open' || (state.kind === 'ready' && before !== 'suspect' && before !== 'half-open')) {
      this.ramp = 1;
    }
  }

  /** True when the key may be given to this request as far as the key itself is concerned; its state and seats apart. */
  suits({ model, job, without, noTrialOf }: SeatRequest, nowMs: number): boolean {
    const { id } = this.key;
    if (without?.has(id) === true || (noTrialOf?.has(id) === true && this.#state.kind === 'half-open')) return false;
    return this.serves(model, nowMs, job);
  }

  serves(model: string | undefined, nowMs: number, job?: JobKind): boolean {
    if (job !== undefined && this.#isBeyondCredit(job, nowMs)) return false;
    if (model === undefined) return true;
    const { onlyModel } = this.key;
    if (onlyModel !== undefined && onlyModel !== model) return false;
    return this.#blockedModels === undefined || (this.#blockedModels.get(model)?.untilMs ?? 0) <= nowMs;
  }

  /** Excludes the key from this model for at least so long, longer each time. */
  blockModel(model: string, nowMs: number, leastMs = 0): void {
    this.#blockedModels ??= new Map();
    const times = (this.#blockedModels.get(model)?.times ?? 0) + 1;
    this.#blockedModels.set(model, { times, untilMs: nowMs + Math.max(leastMs, modelCooldownMs(times)) });
  }

  /** A success shows that the key may be used for this model, and that its credit covers this kind of work. */
  unblock(model: string, job: JobKind | undefined): void {
    this.#blockedModels?.delete(model);
    if (job !== undefined && kindTraits[job].cost >= (this.#creditLimit?.cost ?? Infinity))
      this.#creditLimit = undefined;
  }

  /**
   * The account cannot pay for a call of this kind: dearer work is left out as well, cheaper work goes on. A model of the
   * cheapest kind is left out by itself.
   */
  limitCredit(model: string, job: JobKind, nowMs: number, statedMs: number | undefined): void {
    const { cost } = kindTraits[job];
    const isCheapest = isCheapestKind(job);
    const times = (this.#creditLimit?.times ?? 0) + 1;
    const untilMs = nowMs + (statedMs ?? benchCooldownMs('out-of-credit', times));
    const dearerCost = isCheapest ? cost + 1 : cost;
    this.#creditLimit = { cost: Math.min(dearerCost, this.#creditLimit?.cost ?? Infinity), untilMs, times };
    if (!isCheapest) return;
    this.#blockedModels ??= new Map();
    this.#blockedModels.set(model, { times, untilMs, isForCredit: true });
  }

  /** The allowance of this model is used up; other models have their own. */
  limitModel(model: string, nowMs: number, statedMs: number | undefined): void {
    this.#blockedModels ??= new Map();
    const times = (this.#blockedModels.get(model)?.times ?? 0) + 1;
    const untilMs = nowMs + (statedMs ?? benchCooldownMs('out-of-credit', times));
    this.#blockedModels.set(model, { times, untilMs, isForCredit: true });
  }

  /** Until when its credit is taken not to cover this; undefined when it may. */
  beyondCreditUntilMs(model: string, job: JobKind | undefined, nowMs: number): number | undefined {
    if (job !== undefined && this.#isBeyondCredit(job, nowMs)) return this.#creditLimit?.untilMs;
    const blocked = this.#blockedModels?.get(model);
    return blocked?.isForCredit === true && blocked.untilMs > nowMs ? blocked.untilMs : undefined;
  }

  #isBeyondCredit(job: JobKind, nowMs: number): boolean {
    const limit = this.#creditLimit;
    return limit !== undefined && limit.untilMs > nowMs && kindTraits[job].cost >= limit.cost;
  }

  /** Returns the expected duration of a call from the key's own calls; undefined before its first. */
  expectedMs(index: number): number | undefined {
    return this.#expected[index]?.ms;
  }

  noteLatency({ index }: LatencyHistogram, ms: number, monotonicMs: number): void {
    const average = this.#expected[index];
    if (average === undefined) this.#expected[index] = new PeakEwma(ms, monotonicMs);
    else average.note(ms, monotonicMs);
  }

  cooldownsInARow(reason: CoolReason): number {
    if (reason === 'timed-out') return this.timedOutInARow;
    if (reason === 'fails-alone') return Math.max(0, ...[...this.streaks.values()].map(({ inARow }) => inARow)) - 1;
    return this.limitedInARow;
  }

  /** Drops all counted faults: the provider caused them. */
  forgetFaults(): void {
    this.streaks.clear();
    this.timedOutInARow = 0;
  }

  /** Moves every stored wall time by `byMs`, after the system clock was set. */
  shift(byMs: number): void {
    this.#state = shifted(this.#state, byMs);
    this.counts.shift(byMs);
    this.starts.shift(byMs);
    for (const [model, blocked] of this.#blockedModels ?? []) {
      this.#blockedModels?.set(model, { ...blocked, untilMs: blocked.untilMs + byMs });
    }
    const limit = this.#creditLimit;
    if (limit !== undefined) this.#creditLimit = { ...limit, untilMs: limit.untilMs + byMs };
  }
}

/** True for the kind of work that costs least: a key that cannot pay for it can pay for nothing. */
export function isCheapestKind(job: JobKind): boolean {
  return Object.values(kindTraits).every(({ cost }) => cost >= kindTraits[job].cost);
}

/** Returns the state with all its times moved by `byMs`. */
export function shifted(state: KeyState, byMs: number): KeyState {
  switch (state.kind) {
    case 'suspect':
      return { ...state, sinceMs: state.sinceMs + byMs };
    case 'cooling':
      return { ...state, sinceMs: state.sinceMs + byMs, untilMs: state.untilMs + byMs };
    case 'benched':
      return { ...state, probeAtMs: state.probeAtMs + byMs };
    case 'ready':
    case 'half-open':
    case 'probing':
    case 'disabled':
      return state;
  }
}
