import type { KeyId } from '../../domain/ids.ts';
import type { ConcurrencyLimit } from '../rules/concurrency-limit.ts';
import { type CoolReason, type KeyState, acceptsCalls, type KeyRecord } from '../../domain/key-state.ts';
import { closedModelCooldownMs } from '../rules/cooldowns.ts';
import { type LatencyHistogram, PeakEwma } from '../rules/latency.ts';
import type { PoolKey } from '../sources/identify-keys.ts';
import { CallCounts } from './call-counts.ts';
import type { KeyView } from '../../domain/views.ts';

/**
 * Who says that keys belong together: nobody (a key by itself), the operator, the provider's refusals, or nobody yet: a
 * guess that the next call proves or not.
 */
export type AccountOrigin = 'own' | 'configured' | 'learned' | 'guessed';

/** The provider's account behind one key or several: they share its seats. */
export class Account {
  readonly origin: AccountOrigin;
  /** Named after the first of its keys; undefined for a key by itself. */
  readonly name: KeyId | undefined;
  readonly members: PooledKey[] = [];
  limit: ConcurrencyLimit;
  inFlight = 0;
  /** How many calls its keys that take calls may carry together. */
  capacity = 0;

  constructor(origin: AccountOrigin, name: KeyId | undefined, limit: ConcurrencyLimit) {
    this.origin = origin;
    this.name = name;
    this.limit = limit;
  }

  /** Takes the key over from the account it was in, with the calls that it carries. */
  join(pooled: PooledKey): void {
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

/** When a span of time began and ended, in milliseconds that really passed. */
export type Span = { startedAtMonotonicMs: number; toMonotonicMs: number };

/** Failures in a row; several calls that were under way at once fail as one. */
export type Streak = { inARow: number; readonly sinceMonotonicMs: number; lastMonotonicMs: number };

type ClosedModel = { readonly untilMs: number; readonly times: number };

/** What the pool knows of one key; the pool alone changes it. */
export class PooledKey {
  key: PoolKey;
  #state: KeyState;
  /** Ready, suspect or half-open. */
  acceptsCalls: boolean;
  account: Account;
  /** False once the key was taken out of the pool; calls under way may still come back. */
  inPool = true;
  inFlight = 0;
  /** After a rest a key carries one call, then twice as many with each success, up to what it did before. */
  ramp = Infinity;
  limitedInARow: number;
  timedOutInARow = 0;
  /** Where it stands among the keys that may be handed out now; -1 when it is not one of them. */
  freeIndex = -1;
  /** Since when nothing came back from it although it carries calls. */
  quietSinceMonotonicMs = -Infinity;
  readonly lastSuccess: Span = { startedAtMonotonicMs: -1, toMonotonicMs: -1 };
  readonly counts: CallCounts;
  /** By model: failures in a row that may be the provider's. */
  readonly streaks = new Map<string, Streak>();
  readonly #expected: (PeakEwma | undefined)[] = [];
  #closed: Map<string, ClosedModel> | undefined;

  constructor(key: PoolKey, remembered: KeyRecord | undefined, account: Account) {
    this.key = key;
    this.account = account;
    account.members.push(this);
    this.#state = remembered?.state ?? { kind: 'ready' };
    this.acceptsCalls = acceptsCalls(this.#state);
    this.limitedInARow = remembered?.limitedInARow ?? 0;
    this.counts = new CallCounts(remembered?.health);
  }

  get state(): KeyState {
    return this.#state;
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

  /** How many calls the key itself may carry, whatever its account has left. */
  get mostCalls(): number {
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

  serves(model: string | undefined, nowMs: number): boolean {
    if (model === undefined) return true;
    const { onlyModel } = this.key;
    if (onlyModel !== undefined && onlyModel !== model) return false;
    return this.#closed === undefined || (this.#closed.get(model)?.untilMs ?? 0) <= nowMs;
  }

  /** The key may not use this model: it is not asked for it for a while, and longer each time. */
  closeModel(model: string, nowMs: number): void {
    this.#closed ??= new Map();
    const times = (this.#closed.get(model)?.times ?? 0) + 1;
    this.#closed.set(model, { times, untilMs: nowMs + closedModelCooldownMs(times) });
  }

  openModel(model: string): void {
    this.#closed?.delete(model);
  }

  /** How long a call should take by what the key did before; undefined when it has not answered such a call. */
  expectedMs(index: number): number | undefined {
    return this.#expected[index]?.ms;
  }

  noteLatency({ index }: LatencyHistogram, ms: number, monotonicMs: number): void {
    const average = this.#expected[index];
    if (average === undefined) this.#expected[index] = new PeakEwma(ms, monotonicMs);
    else average.note(ms, monotonicMs);
  }

  restsInARow(reason: CoolReason): number {
    if (reason === 'timed-out') return this.timedOutInARow;
    if (reason === 'fails-alone') return Math.max(0, ...[...this.streaks.values()].map(({ inARow }) => inARow)) - 1;
    return this.limitedInARow;
  }

  /** They were not its own. */
  forgetFaults(): void {
    this.streaks.clear();
    this.timedOutInARow = 0;
  }

  /** The machine's clock was set: all that is remembered as a time of day moves with it. */
  shift(byMs: number): void {
    this.#state = shifted(this.#state, byMs);
    this.counts.shift(byMs);
    for (const [model, { untilMs, times }] of this.#closed ?? []) {
      this.#closed?.set(model, { untilMs: untilMs + byMs, times });
    }
  }
}

/** The same state, all of its times moved. */
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

/** One key as an operator sees it. */
export function keyViewOf({ key, state, account, inFlight, counts }: PooledKey, nowMs: number): KeyView {
  const { id, name, provider, hint } = key;
  return {
    ...counts.health(nowMs),
    id,
    name,
    provider,
    hint,
    state,
    inFlight,
    seats: account.limit.seats,
    ...(account.name === undefined ? {} : { account: account.name }),
  };
}

/** One key as it is remembered. */
export function recordOf(
  { key, state, account, inFlight, limitedInARow, counts }: PooledKey,
  nowMs: number,
): KeyRecord {
  const { id, provider, name } = key;
  return {
    id,
    provider,
    name,
    savedAtMs: nowMs,
    state,
    limitedInARow,
    seats: account.limit.record(),
    // What the operator says is said again at the next start.
    ...(account.origin === 'learned' && account.name !== undefined ? { account: account.name } : undefined),
    inFlight,
    health: counts.health(nowMs),
  };
}
