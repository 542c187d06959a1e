import type { Emit } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import {
  acceptsCalls,
  type CoolReason,
  coolsForWindow,
  dueAtMs,
  type KeyState,
  type KeyRecord,
  isOut,
} from '../../domain/key-state.ts';
import type { Clock, PoolClock } from '../../kit/clock.ts';
import type { Random } from '../../kit/backoff.ts';
import type { Accounts } from './accounts.ts';
import { type KeyEvent, nextKeyState, type TransitionContext } from '../rules/key-state.ts';
import type { PooledKey } from './pooled-key.ts';
import type { ProviderKeys } from './provider-keys.ts';

export type SeatListener = (provider: ProviderName) => void;
/** `record` builds the current record on demand: most changes only move counters. */
export type ChangeListener = (id: KeyId, record: () => KeyRecord, urgent: boolean) => void;

const ready: KeyState = { kind: 'ready' };

/** Tells other processes of what happens to keys here. */
export type ChangeWitness = {
  /** The event has changed the state of the key. */
  happened(pooled: PooledKey, event: KeyEvent, context: TransitionContext): void;
  /** More than counters changed. */
  changed(pooled: PooledKey): void;
};

export type KeyStateMachineOptions = {
  readonly time: PoolClock;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly accounts: Accounts;
};

/** The one place where a key changes its state, by an event or by time; listeners are called afterwards. */
export class KeyStateMachine {
  readonly seatListeners = new Set<SeatListener>();
  readonly changeListeners = new Set<ChangeListener>();
  /** Those that are told only of benched keys, and only of more than counters. */
  readonly benchListeners = new Set<ChangeListener>();
  /** Absent where one process works with the keys. */
  witness: ChangeWitness | undefined;
  readonly #time: PoolClock;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #emit: Emit;
  readonly #accounts: Accounts;

  constructor({ time, clock, random, emit, accounts }: KeyStateMachineOptions) {
    this.#time = time;
    this.#clock = clock;
    this.#random = random;
    this.#emit = emit;
    this.#accounts = accounts;
  }

  /** Applies the event. Returns whether the state of the key changed. */
  apply(providerKeys: ProviderKeys, pooled: PooledKey, event: KeyEvent): boolean {
    const { state: before } = pooled;
    // The result of almost every call.
    if (event.kind === 'fine' && before.kind === 'ready') return false;
    const reason = cooldownReason(event) ?? (before.kind === 'cooling' ? before.reason : undefined);
    const inARow = reason === undefined ? 1 : pooled.cooldownsInARow(reason);
    const facts = { nowMs: this.#time.wallMs(), inARow, random: this.#random };
    if (event.kind === 'wake' || event.kind === 'enable') pooled.account.window.forget();
    const after = nextKeyState(before, event, facts);
    const next = providerKeys.mechanisms.halfOpen || after.kind !== 'half-open' ? after : ready;
    const untilMs = acceptsCalls(next) ? shutUntilMs(pooled, facts.nowMs) : undefined;
    const state = untilMs === undefined ? next : nextKeyState(next, { kind: 'window-shut', untilMs }, facts);
    if (state === before) return false;
    this.witness?.happened(pooled, event, facts);
    if (untilMs !== undefined) this.witness?.happened(pooled, { kind: 'window-shut', untilMs }, facts);
    // A cleared key keeps its slow-start level, and so does one that has only waited for its window.
    const keepsRamp = event.kind === 'cleared' || coolsForWindow(before);
    const ramp = keepsRamp || !providerKeys.mechanisms.ramp ? pooled.ramp : undefined;
    if (!pooled.inPool) {
      pooled.become(state);
      this.changed(pooled, true);
      return true;
    }
    providerKeys.become(pooled, state);
    if (ramp !== undefined) this.#restore(providerKeys, pooled, ramp);
    const { id, name } = pooled.key;
    this.#emit({ event: 'key.changed', keyId: id, keyName: name, state });
    this.changed(pooled, true);
    this.mindTime(providerKeys, pooled);
    if (isOut(state) && !isOut(before) && pooled.inFlight === 0) this.left(providerKeys, pooled);
    return true;
  }

  /** The key has this state in another process, and from now on here. */
  takeOver(providerKeys: ProviderKeys, pooled: PooledKey, state: KeyState): void {
    const ramp = coolsForWindow(pooled.state) || !providerKeys.mechanisms.ramp ? pooled.ramp : undefined;
    providerKeys.become(pooled, state);
    if (ramp !== undefined) this.#restore(providerKeys, pooled, ramp);
    const { id, name } = pooled.key;
    this.#emit({ event: 'key.changed', keyId: id, keyName: name, state });
    this.mindTime(providerKeys, pooled);
    this.wakeDue(providerKeys);
  }

  /** A call is about to be sent with the key: it counts in the window of its account. */
  sent(providerKeys: ProviderKeys, pooled: PooledKey, nowMs: number): void {
    const { window } = pooled.account;
    pooled.starts.add(nowMs, !window.isUnknown);
    if (window.isUnknown) return;
    window.sent(nowMs);
    this.mindWindow(providerKeys, pooled);
  }

  /**
   * After a call was sent, or an answer told of the window of its account: its keys cool down while the window is shut, and
   * no longer.
   */
  mindWindow(providerKeys: ProviderKeys, { account }: PooledKey): void {
    for (const member of account.members) {
      const untilMs = shutUntilMs(member, this.#time.wallMs());
      if (untilMs === undefined && !coolsForWindow(member.state)) continue;
      const event =
        untilMs === undefined ? { kind: 'window-open' as const } : { kind: 'window-shut' as const, untilMs };
      this.apply(providerKeys, member, event);
    }
  }

  /** The plan of the key does not seem to include the model. */
  notInPlan({ key: { id, name, provider } }: PooledKey, model: string): void {
    this.#emit({ event: 'key.not-in-plan', keyId: id, keyName: name, provider, model });
  }

  /** The key's last call ended: keys that cool because it may have held their seat wake. */
  left(providerKeys: ProviderKeys, pooled: PooledKey): void {
    for (const refused of this.#accounts.keptOutBy(pooled)) this.apply(providerKeys, refused, { kind: 'due' });
  }

  /** A call of another process with the key ended. */
  seatLeft(providerKeys: ProviderKeys, pooled: PooledKey): void {
    if (isOut(pooled.state) && pooled.inFlight === 0) this.left(providerKeys, pooled);
  }

  /** Updates the next due time after a change of this key. */
  mindTime(providerKeys: ProviderKeys, pooled: PooledKey): void {
    const isLast = providerKeys.acceptingCount === 0;
    const { tryAtMs } = pooled.account.limit;
    const beforeMs = providerKeys.nextDueMs;
    if (isLast) providerKeys.findNextDue();
    else providerKeys.nextDueMs = Math.min(providerKeys.nextDueMs, tryAtMs, dueAtMs(pooled.state, false));
    if (providerKeys.nextDueMs !== beforeMs) this.setAlarm(providerKeys);
  }

  /** Applies every cooldown and ceiling that has expired. */
  wakeDue(providerKeys: ProviderKeys): void {
    const nowMs = this.#time.wallMs();
    if (nowMs < providerKeys.nextDueMs) return;
    let hasChanged = false;
    for (const pooled of providerKeys.keys) {
      if (dueAtMs(pooled.state, false) <= nowMs)
        hasChanged = this.apply(providerKeys, pooled, { kind: 'due' }) || hasChanged;
      const { account } = pooled;
      if (account.limit.review(nowMs)) {
        providerKeys.refresh(account);
        this.changed(pooled, true);
        this.siblingsChanged(pooled);
        hasChanged = true;
      }
    }
    const soonest = providerKeys.acceptingCount > 0 ? undefined : soonestDue(providerKeys.keys);
    if (soonest !== undefined && dueAtMs(soonest.state, true) <= nowMs) {
      hasChanged = this.apply(providerKeys, soonest, { kind: 'due' });
    }
    providerKeys.findNextDue();
    this.setAlarm(providerKeys);
    if (hasChanged) this.announce(providerKeys.provider);
  }

  setAlarm(providerKeys: ProviderKeys): void {
    providerKeys.alarm?.[Symbol.dispose]();
    providerKeys.alarm = undefined;
    if (providerKeys.nextDueMs === Infinity) return;
    providerKeys.alarm = this.#clock.schedule(providerKeys.nextDueMs - this.#time.wallMs(), () => {
      providerKeys.alarm = undefined;
      this.wakeDue(providerKeys);
      // The timer fired slightly early.
      if (providerKeys.alarm === undefined) this.setAlarm(providerKeys);
    });
  }

  /** Notifies the listeners that a seat of the provider may have become free. */
  announce(provider: ProviderName): void {
    for (const listener of this.seatListeners) listener(provider);
  }

  changed(pooled: PooledKey, urgent: boolean): void {
    if (urgent) this.witness?.changed(pooled);
    if (this.changeListeners.size + this.benchListeners.size === 0) return;
    const record = () => recordOf(pooled, this.#time.wallMs());
    for (const listener of this.changeListeners) listener(pooled.key.id, record, urgent);
    if (!urgent || pooled.state.kind !== 'benched') return;
    for (const listener of this.benchListeners) listener(pooled.key.id, record, urgent);
  }

  /** Notifies the listeners that the shared limit changed, for the other keys of the account. */
  siblingsChanged(pooled: PooledKey): void {
    for (const sibling of pooled.account.members) if (sibling !== pooled) this.changed(sibling, true);
  }

  #restore(providerKeys: ProviderKeys, pooled: PooledKey, ramp: number): void {
    pooled.ramp = ramp;
    providerKeys.refresh(pooled.account);
  }
}

function shutUntilMs({ account }: PooledKey, nowMs: number): number | undefined {
  return account.window.isUnknown ? undefined : account.window.shutUntilMs(() => account.starts(), nowMs);
}

function cooldownReason(event: KeyEvent): CoolReason | undefined {
  if (event.kind === 'seat-taken') return 'concurrency';
  return event.kind === 'cool' ? event.reason : undefined;
}

function soonestDue(keys: readonly PooledKey[]): PooledKey | undefined {
  let soonest: PooledKey | undefined;
  for (const pooled of keys) {
    if (soonest === undefined || dueAtMs(pooled.state, true) < dueAtMs(soonest.state, true)) soonest = pooled;
  }
  return soonest;
}

/** Returns the record of one key to store. */
function recordOf(pooled: PooledKey, nowMs: number): KeyRecord {
  const { key, state, account, inFlight, limitedInARow, counts } = pooled;
  const { id, provider, name } = key;
  pooled.recordedInFlight = inFlight;
  const window = account.window.record(pooled.starts.all, nowMs);
  return {
    id,
    provider,
    name,
    savedAtMs: nowMs,
    state,
    limitedInARow,
    seats: account.limit.record(),
    ...(window === undefined ? undefined : { window }),
    // A configured account is configured again at the next start.
    ...(account.origin === 'learned' && account.name !== undefined ? { account: account.name } : undefined),
    inFlight,
    health: counts.health(nowMs),
    ...(pooled.balance === undefined ? {} : { balance: pooled.balance }),
  };
}
