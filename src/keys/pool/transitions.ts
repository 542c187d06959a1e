import type { Tell } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { type CoolReason, dueAtMs, type KeyState } from '../../domain/key-state.ts';
import type { KeyRecord } from '../../domain/key-store.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Random } from '../../kit/backoff.ts';
import type { Accounts } from './accounts.ts';
import { type KeyHappening, isOut, nextKeyState } from '../rules/key-state.ts';
import { recordOf } from './snapshot.ts';
import type { PooledKey } from './pooled-key.ts';
import type { PoolTime } from './pool-clock.ts';
import type { Roster } from './provider-keys.ts';

export type SeatListener = (provider: ProviderName) => void;
/** Most changes are only counted: the record is made when somebody wants it, and tells how things are by then. */
export type ChangeListener = (id: KeyId, record: () => KeyRecord, urgent: boolean) => void;

const ready: KeyState = { kind: 'ready' };

export type KeyLivesOptions = {
  readonly time: PoolTime;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: Tell;
  readonly accounts: Accounts;
};

/** Lets things happen to keys and says so to whoever listens; time too happens to a key through here. */
export class KeyLives {
  readonly seatListeners = new Set<SeatListener>();
  readonly changeListeners = new Set<ChangeListener>();
  readonly #time: PoolTime;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #tell: Tell;
  readonly #accounts: Accounts;

  constructor({ time, clock, random, tell, accounts }: KeyLivesOptions) {
    this.#time = time;
    this.#clock = clock;
    this.#random = random;
    this.#tell = tell;
    this.#accounts = accounts;
  }

  /** Answers whether the key's state is another one now. */
  happen(roster: Roster, pooled: PooledKey, happening: KeyHappening): boolean {
    const { state: before } = pooled;
    // Almost every call ends so.
    if (happening.kind === 'fine' && before.kind === 'ready') return false;
    const reason = restReason(happening) ?? (before.kind === 'cooling' ? before.reason : undefined);
    const inARow = reason === undefined ? 1 : pooled.restsInARow(reason);
    const next = nextKeyState(before, happening, { nowMs: this.#time.wallMs(), inARow, random: this.#random });
    const state = roster.mechanisms.halfOpen || next.kind !== 'half-open' ? next : ready;
    if (state === before) return false;
    // What was held against a key by mistake costs it nothing afterwards either.
    const ramp = happening.kind === 'cleared' || !roster.mechanisms.ramp ? pooled.ramp : undefined;
    if (!pooled.inPool) {
      pooled.become(state);
      this.changed(pooled, true);
      return true;
    }
    roster.become(pooled, state);
    if (ramp !== undefined) this.#restore(roster, pooled, ramp);
    const { id, name } = pooled.key;
    this.#tell({ event: 'key.changed', keyId: id, keyName: name, state });
    this.changed(pooled, true);
    this.mindTime(roster, pooled);
    if (isOut(state) && !isOut(before) && pooled.inFlight === 0) this.left(roster, pooled);
    return true;
  }

  /** The key carries nothing any more: whoever rests because it may have held the seat need not wait. */
  left(roster: Roster, pooled: PooledKey): void {
    for (const refused of this.#accounts.keptOutBy(pooled)) this.happen(roster, refused, { kind: 'due' });
  }

  /** Remembers when time changes something, now that this key changed. */
  mindTime(roster: Roster, pooled: PooledKey): void {
    const isLast = roster.takers === 0;
    const { tryAtMs } = pooled.account.limit;
    const beforeMs = roster.nextDueMs;
    if (isLast) roster.findNextDue();
    else roster.nextDueMs = Math.min(roster.nextDueMs, tryAtMs, dueAtMs(pooled.state, false));
    if (roster.nextDueMs !== beforeMs) this.setAlarm(roster);
  }

  /** Lets happen what time has brought since it was last asked. */
  wakeDue(roster: Roster): void {
    const nowMs = this.#time.wallMs();
    if (nowMs < roster.nextDueMs) return;
    let hasChanged = false;
    for (const pooled of roster.keys) {
      if (dueAtMs(pooled.state, false) <= nowMs)
        hasChanged = this.happen(roster, pooled, { kind: 'due' }) || hasChanged;
      const { account } = pooled;
      if (account.limit.review(nowMs)) {
        roster.refresh(account);
        this.changed(pooled, true);
        this.siblingsChanged(pooled);
        hasChanged = true;
      }
    }
    const soonest = roster.takers > 0 ? undefined : soonestDue(roster.keys);
    if (soonest !== undefined && dueAtMs(soonest.state, true) <= nowMs) {
      hasChanged = this.happen(roster, soonest, { kind: 'due' });
    }
    roster.findNextDue();
    this.setAlarm(roster);
    if (hasChanged) this.announce(roster.provider);
  }

  setAlarm(roster: Roster): void {
    roster.alarm?.[Symbol.dispose]();
    roster.alarm = undefined;
    if (roster.nextDueMs === Infinity) return;
    roster.alarm = this.#clock.schedule(roster.nextDueMs - this.#time.wallMs(), () => {
      roster.alarm = undefined;
      this.wakeDue(roster);
      // A timer that came a little early.
      if (roster.alarm === undefined) this.setAlarm(roster);
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

  #restore(roster: Roster, pooled: PooledKey, ramp: number): void {
    pooled.ramp = ramp;
    roster.refresh(pooled.account);
  }
}

function restReason(happening: KeyHappening): CoolReason | undefined {
  if (happening.kind === 'seat-taken') return 'concurrency';
  return happening.kind === 'cool' ? happening.reason : undefined;
}

function soonestDue(keys: readonly PooledKey[]): PooledKey | undefined {
  let soonest: PooledKey | undefined;
  for (const pooled of keys) {
    if (soonest === undefined || dueAtMs(pooled.state, true) < dueAtMs(soonest.state, true)) soonest = pooled;
  }
  return soonest;
}
