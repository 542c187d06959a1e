import type { KeyId } from '../domain/ids.ts';
import { type CoolReason, type KeyState, takesCalls } from '../domain/key-state.ts';
import type { KeyRecord } from '../domain/key-store.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { Secret } from '../kit/secret.ts';
import type { Account } from './account.ts';
import { CallCounts } from './call-counts.ts';
import { closedModelRestMs } from './rests.ts';
import type { LatencyBook } from './latency-book.ts';
import { PeakAverage } from './peak-average.ts';

/** A key as it is put into the pool. */
export type PoolKey = {
  readonly id: KeyId;
  readonly name: string;
  readonly hint: string;
  readonly provider: ProviderName;
  readonly place: number;
  readonly secret: Secret;
  readonly weight: number;
  /** Calls that it is thought to carry at once, before anything is learned. */
  readonly seats: number;
  /** Only for calls to this model. */
  readonly onlyModel?: string;
};

/** When a span of time began and ended, in milliseconds that really passed. */
export type Span = { fromUpMs: number; toUpMs: number };

/** Failures in a row; several calls that were under way at once fail as one. */
export type Streak = { inARow: number; readonly sinceUpMs: number; lastUpMs: number };

type ClosedModel = { readonly untilMs: number; readonly times: number };

/** What the pool knows of one key; the pool alone changes it. */
export class PooledKey {
  key: PoolKey;
  #state: KeyState;
  /** Ready, suspect or half-open. */
  takes: boolean;
  account: Account;
  /** False once the key was taken out of the pool; calls under way may still come back. */
  inPool = true;
  inFlight = 0;
  /** After a rest a key carries one call, then twice as many with each success, up to what it did before. */
  ramp = Infinity;
  limitedInARow: number;
  timedOutInARow = 0;
  /** Where it stands among the keys that may be handed out now; -1 when it is not one of them. */
  openAt = -1;
  /** Since when nothing came back from it although it carries calls. */
  quietSinceUpMs = -Infinity;
  readonly lastSuccess: Span = { fromUpMs: -1, toUpMs: -1 };
  readonly counts: CallCounts;
  /** By model: failures in a row that may be the provider's. */
  readonly streaks = new Map<string, Streak>();
  readonly #expected: (PeakAverage | undefined)[] = [];
  #closed: Map<string, ClosedModel> | undefined;

  constructor(key: PoolKey, remembered: KeyRecord | undefined, account: Account) {
    this.key = key;
    this.account = account;
    account.members.push(this);
    this.#state = remembered?.state ?? { kind: 'ready' };
    this.takes = takesCalls(this.#state);
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
    if (!this.takes) return 0;
    return this.#state.kind === 'half-open' ? 1 : this.ramp;
  }

  become(state: KeyState): void {
    const before = this.#state.kind;
    this.#state = state;
    this.takes = takesCalls(state);
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
    this.#closed.set(model, { times, untilMs: nowMs + closedModelRestMs(times) });
  }

  openModel(model: string): void {
    this.#closed?.delete(model);
  }

  /** How long a call should take by what the key did before; undefined when it has not answered such a call. */
  expectedMs(index: number): number | undefined {
    return this.#expected[index]?.ms;
  }

  noteLatency({ index }: LatencyBook, ms: number, upMs: number): void {
    const average = this.#expected[index];
    if (average === undefined) this.#expected[index] = new PeakAverage(ms, upMs);
    else average.note(ms, upMs);
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
