import type { Emit } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { type CoolReason, dueAtMs, type KeyState, type KeyRecord } from '../../domain/key-state.ts';
import type { Clock, PoolClock } from '../../kit/clock.ts';
import type { Random } from '../../kit/backoff.ts';
import type { Accounts } from './accounts.ts';
import { type KeyEvent, isOut, nextKeyState } from '../rules/key-state.ts';
import { recordOf, type PooledKey } from './pooled-key.ts';
import type { ProviderKeys } from './provider-keys.ts';

export type SeatListener = (provider: ProviderName) => void;
/** Most changes are only counted: the record is made when somebody wants it, and tells how things are by then. */
export type ChangeListener = (id: KeyId, record: () => KeyRecord, urgent: boolean) => void;

const ready: KeyState = { kind: 'ready' };

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

  /** Answers whether the key's state is another one now. */
  apply(providerKeys: ProviderKeys, pooled: PooledKey, event: KeyEvent): boolean {
    const { state: before } = pooled;
    // Almost every call ends so.
    if (event.kind === 'fine' && before.kind === 'ready') return false;
    const reason = restReason(event) ?? (before.kind === 'cooling' ? before.reason : undefined);
    const inARow = reason === undefined ? 1 : pooled.restsInARow(reason);
    const next = nextKeyState(before, event, { nowMs: this.#time.wallMs(), inARow, random: this.#random });
    const state = providerKeys.mechanisms.halfOpen || next.kind !== 'half-open' ? next : ready;
    if (state === before) return false;
    // What was held against a key by mistake costs it nothing afterwards either.
    const ramp = event.kind === 'cleared' || !providerKeys.mechanisms.ramp ? pooled.ramp : undefined;
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

  /** The key's last call ended: keys that cool because it may have held their seat wake. */
  left(providerKeys: ProviderKeys, pooled: PooledKey): void {
    for (const refused of this.#accounts.keptOutBy(pooled)) this.apply(providerKeys, refused, { kind: 'due' });
  }

  /** Remembers when time changes something, now that this key changed. */
  mindTime(providerKeys: ProviderKeys, pooled: PooledKey): void {
    const isLast = providerKeys.acceptingCount === 0;
    const { tryAtMs } = pooled.account.limit;
    const beforeMs = providerKeys.nextDueMs;
    if (isLast) providerKeys.findNextDue();
    else providerKeys.nextDueMs = Math.min(providerKeys.nextDueMs, tryAtMs, dueAtMs(pooled.state, false));
    if (providerKeys.nextDueMs !== beforeMs) this.setAlarm(providerKeys);
  }

  /** Lets happen what time has brought since it was last asked. */
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
    const leastExpectedTime = providerKeys.acceptingCount > 0 ? undefined : soonestDue(providerKeys.keys);
    if (leastExpectedTime !== undefined && dueAtMs(leastExpectedTime.state, true) <= nowMs) {
      hasChanged = this.apply(providerKeys, leastExpectedTime, { kind: 'due' });
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
      // A timer that came a little early.
      if (providerKeys.alarm === undefined) this.setAlarm(providerKeys);
    });
  }

  /** A seat of the provider may have become free. */
  announce(provider: ProviderName): void {
    for (const listener of this.seatListeners) listener(provider);
  }

  changed(pooled: PooledKey, urgent: boolean): void {
    if (this.changeListeners.size === 0) return;
    const record = () => recordOf(pooled, this.#time.wallMs());
    for (const listener of this.changeListeners) listener(pooled.key.id, record, urgent);
  }

  /** The seats that the key shares with the others of its account are other ones now. */
  siblingsChanged(pooled: PooledKey): void {
    for (const sibling of pooled.account.members) if (sibling !== pooled) this.changed(sibling, true);
  }

  #restore(providerKeys: ProviderKeys, pooled: PooledKey, ramp: number): void {
    pooled.ramp = ramp;
    providerKeys.refresh(pooled.account);
  }
}

function restReason(event: KeyEvent): CoolReason | undefined {
  if (event.kind === 'seat-taken') return 'concurrency';
  return event.kind === 'cool' ? event.reason : undefined;
}

function soonestDue(keys: readonly PooledKey[]): PooledKey | undefined {
  let leastExpectedTime: PooledKey | undefined;
  for (const pooled of keys) {
    if (leastExpectedTime === undefined || dueAtMs(pooled.state, true) < dueAtMs(leastExpectedTime.state, true))
      leastExpectedTime = pooled;
  }
  return leastExpectedTime;
}
