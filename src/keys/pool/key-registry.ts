import type { KeyView } from '../../domain/views.ts';
import type { KeyHealth, SeatRecord, WindowRecord, KeyState, KeyRecord } from '../../domain/key-state.ts';
import { shifted, PooledKey } from './pooled-key.ts';
import { maxCooldownMs } from '../rules/key-state.ts';
import { maxHoldMs } from '../rules/account-limits.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import type { Mechanisms } from '../../domain/mechanisms.ts';
import type { Accounts, KeyGroups } from './accounts.ts';
import type { KeyStateMachine } from './transitions.ts';
import type { PoolKey } from '../sources/identify-keys.ts';
import type { PoolClock } from '../../kit/clock.ts';
import { ProviderKeys } from './provider-keys.ts';

export type KeyRegistryOptions = {
  readonly time: PoolClock;
  readonly stateMachine: KeyStateMachine;
  readonly accounts: Accounts;
  readonly mechanisms?: Mechanisms | undefined;
};

/** The names of the added and removed keys. */
export type KeysReplaced = { readonly added: readonly string[]; readonly removed: readonly string[] };

/** Every key in the pool, by provider and by id; keys come and go while the app runs. */
export class KeyRegistry {
  readonly #registry = new Map<ProviderName, ProviderKeys>();
  readonly #byId = new Map<KeyId, PooledKey>();
  /** Removed keys with calls in flight: a key that is added again keeps its state. */
  readonly #draining = new Map<KeyId, PooledKey>();
  readonly #time: PoolClock;
  readonly #stateMachine: KeyStateMachine;
  readonly #accounts: Accounts;
  readonly #mechanisms: Mechanisms | undefined;

  constructor({ time, stateMachine, accounts, mechanisms }: KeyRegistryOptions) {
    this.#time = time;
    this.#stateMachine = stateMachine;
    this.#accounts = accounts;
    this.#mechanisms = mechanisms;
  }

  find(provider: ProviderName): ProviderKeys | undefined {
    return this.#registry.get(provider);
  }

  all(): readonly ProviderKeys[] {
    return [...this.#registry.values()];
  }

  key(id: KeyId): PooledKey | undefined {
    return this.#byId.get(id);
  }

  /** Iterates over the keys in configured order, of one provider or of all. */
  *keys(provider?: ProviderName): Generator<PooledKey> {
    for (const pooled of this.#byId.values()) {
      if (provider === undefined || pooled.key.provider === provider) yield pooled;
    }
  }

  /** Replaces all keys; a key that stays keeps its state. */
  replace(keys: readonly PoolKey[], records: readonly KeyRecord[], groups: KeyGroups = new Map()): KeysReplaced {
    this.#accounts.groups = groups;
    const remembered = new Map(records.map((record) => [record.id, record]));
    const wanted = new Set(keys.map(({ id }) => id));
    const removed = [...this.#byId.values()].filter(({ key }) => !wanted.has(key.id));
    for (const pooled of removed) this.#remove(pooled);
    const known = new Map(this.#byId);
    this.#byId.clear();
    const added: string[] = [];
    for (const key of keys) {
      const stays = known.get(key.id);
      if (stays !== undefined) this.#accounts.follow(stays, key, this.#open(key.provider));
      else added.push(key.name);
      this.#byId.set(key.id, stays ?? this.#add(key, remembered.get(key.id)));
    }
    for (const providerKeys of this.all()) {
      providerKeys.findNextDue();
      this.#stateMachine.wakeDue(providerKeys);
      this.#stateMachine.setAlarm(providerKeys);
      this.#stateMachine.announce(providerKeys.provider);
    }
    return { added, removed: removed.map(({ key }) => key.name) };
  }

  /** Moves every stored time by `byMs`, after the system clock was set. */
  shift(byMs: number): void {
    this.#time.shift(byMs);
    for (const pooled of [...this.#byId.values(), ...this.#draining.values()]) pooled.shift(byMs);
    for (const providerKeys of this.all()) {
      for (const account of new Set(providerKeys.keys.map(({ account }) => account))) {
        account.limit.shift(byMs);
        account.window.shift(byMs);
      }
      providerKeys.findNextDue();
      this.#stateMachine.setAlarm(providerKeys);
    }
    for (const pooled of this.#byId.values()) this.#stateMachine.changed(pooled, true);
  }

  #open(provider: ProviderName): ProviderKeys {
    let providerKeys = this.#registry.get(provider);
    if (providerKeys === undefined) {
      providerKeys = new ProviderKeys(provider, this.#mechanisms);
      this.#registry.set(provider, providerKeys);
    }
    return providerKeys;
  }

  #add(key: PoolKey, record: KeyRecord | undefined): PooledKey {
    const providerKeys = this.#open(key.provider);
    const { id } = key;
    const back = this.#draining.get(id);
    this.#draining.delete(id);
    const memory = record === undefined ? undefined : restoreKeyRecord(record, this.#time.wallMs());
    const pooled = back ?? new PooledKey(key, memory, this.#accounts.accountFor(key, memory, providerKeys));
    if (back !== undefined) {
      back.key = key;
      back.inPool = true;
      // Its calls in flight move with it.
      this.#accounts.accountFor(key, memory, providerKeys).join(back);
    }
    providerKeys.add(pooled);
    return pooled;
  }

  #remove(pooled: PooledKey): void {
    const { id, provider } = pooled.key;
    this.#byId.delete(id);
    const providerKeys = this.#open(provider);
    providerKeys.remove(pooled);
    pooled.inPool = false;
    this.#stateMachine.left(providerKeys, pooled);
    this.#accounts.forget(pooled, providerKeys);
    for (const [gone, { inFlight }] of this.#draining) if (inFlight === 0) this.#draining.delete(gone);
    if (pooled.inFlight > 0) this.#draining.set(id, pooled);
    this.#stateMachine.changed(pooled, true);
  }
}

/**
 * Restores the record of an earlier run: a record from the future was stored before the system clock was set back, so
 * its times move back too; no cooldown exceeds the maximum of its reason; an interrupted probe is repeated.
 */
export function restoreKeyRecord(record: KeyRecord, nowMs: number): KeyRecord {
  const byMs = Math.min(0, nowMs - record.savedAtMs);
  return {
    ...record,
    savedAtMs: record.savedAtMs + byMs,
    state: clamped(byMs === 0 ? record.state : shifted(record.state, byMs), nowMs),
    seats: restoreSeats(record.seats, byMs, nowMs),
    ...(record.window === undefined ? undefined : { window: restoreWindow(record.window, byMs, nowMs) }),
    health: restoreHealth(record.health, byMs),
  };
}

function clamped(state: KeyState, nowMs: number): KeyState {
  switch (state.kind) {
    case 'cooling': {
      const maxGuessedMs = maxCooldownMs[state.reason === 'concurrency' ? 'seat-taken' : 'guessed'];
      const maxMs = state.stated ? maxCooldownMs.stated : maxGuessedMs;
      return {
        ...state,
        sinceMs: Math.min(state.sinceMs, nowMs),
        untilMs: Math.min(state.untilMs, nowMs + maxMs),
      };
    }
    case 'benched':
      return { ...state, probeAtMs: Math.min(state.probeAtMs, nowMs + maxCooldownMs[state.reason]) };
    case 'probing':
      return { ...state, kind: 'benched', probeAtMs: nowMs };
    case 'ready':
    case 'suspect':
    case 'half-open':
    case 'disabled':
      return state;
  }
}

/** The limit with its times moved by `byMs`; no hold exceeds the maximum. */
export function restoreSeats(record: SeatRecord, byMs: number, nowMs: number): SeatRecord {
  const { ceiling } = record;
  if (ceiling === undefined) return record;
  const tryAtMs = Math.min(ceiling.tryAtMs + byMs, nowMs + maxHoldMs);
  return { ...record, ceiling: { ...ceiling, tryAtMs } };
}

function restoreWindow({ starts, untilMs, daily, ...window }: WindowRecord, byMs: number, nowMs: number): WindowRecord {
  const counted =
    daily === undefined
      ? {}
      : { daily: { ...daily, untilMs: daily.untilMs + byMs, forgottenAtMs: daily.forgottenAtMs + byMs } };
  const restored = starts.map((ms) => Math.min(ms + byMs, nowMs));
  return {
    ...window,
    ...counted,
    untilMs: Math.min(untilMs + byMs, nowMs + maxCooldownMs.stated),
    starts: restored,
  };
}

function restoreHealth(health: KeyHealth, byMs: number): KeyHealth {
  const { lastUsedMs, lastError } = health;
  return {
    ...health,
    ...(lastUsedMs === undefined ? undefined : { lastUsedMs: lastUsedMs + byMs }),
    ...(lastError === undefined ? undefined : { lastError: { ...lastError, atMs: lastError.atMs + byMs } }),
  };
}

/** Returns one key as an operator sees it. */
export function keyViewOf({ key, state, account, inFlight, counts, balance }: PooledKey, nowMs: number): KeyView {
  const { id, name, provider, hint, keyless, label, isAdded, endsOn } = key;
  return {
    ...counts.health(nowMs),
    id,
    name,
    provider,
    hint,
    ...(label === undefined ? {} : { label }),
    state,
    inFlight,
    seats: account.limit.seats,
    ...(account.name === undefined ? {} : { account: account.name }),
    ...(keyless === undefined ? {} : { keyless }),
    ...(isAdded === undefined ? {} : { isAdded }),
    ...(endsOn === undefined ? {} : { endsOn }),
    ...(balance === undefined ? {} : { balance }),
  };
}
