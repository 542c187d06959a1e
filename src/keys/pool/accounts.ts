import type { Emit } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { dueAtMs, type KeyState, type KeyRecord } from '../../domain/key-state.ts';
import { AccountGuesses, SharedAccounts } from './shared-account-detection.ts';
import { Account, type AccountOrigin, type PooledKey } from './pooled-key.ts';
import type { PoolKey } from '../sources/identify-keys.ts';
import type { ProviderKeys } from './provider-keys.ts';
import { defaultMaxSeats, ConcurrencyLimit } from '../rules/account-limits.ts';

/** Maps a key to the first key of its account. */
export type KeyGroups = ReadonlyMap<KeyId, KeyId>;

export type AccountsOptions = {
  /** The configured maximum of concurrent calls of one account, if the operator sets one. */
  readonly maxSeats: (provider: ProviderName) => number | undefined;
  readonly emit: Emit;
};

type Remembered = Pick<KeyRecord, 'account' | 'seats'>;
type Now = { readonly wallMs: number; readonly monotonicMs: number };

export type IdleRefusal = {
  /** Keys that changed accounts. */
  readonly changed: readonly PooledKey[];
  /** A sibling that is not identified yet may occupy the seat of its account. */
  readonly isSuspicious: boolean;
};

/** Assigns keys to accounts: as configured, as learned from refusals, otherwise one account per key. */
export class Accounts {
  /** The configured groups. */
  groups: KeyGroups = new Map();
  readonly #maxSeats: AccountsOptions['maxSeats'];
  readonly #emit: Emit;
  /** Absent until a key was refused alone: most pools never need it. */
  #shared: SharedAccounts | undefined;
  readonly #guesses = new AccountGuesses();

  constructor({ maxSeats, emit }: AccountsOptions) {
    this.#maxSeats = maxSeats;
    this.#emit = emit;
  }

  /** Returns the account of a key that enters the pool. */
  accountFor(key: PoolKey, record: Remembered | undefined, providerKeys: ProviderKeys): Account {
    const said = this.groups.get(key.id);
    const name = said ?? record?.account;
    if (name === undefined) return new Account('own', undefined, this.#limitFor(key, record));
    const origin = said === undefined ? 'learned' : 'configured';
    return find(providerKeys, origin, name) ?? new Account(origin, name, this.#limitFor(key, record));
  }

  /** Moves the key to the account that another process found it to belong to. */
  move(pooled: PooledKey, known: Remembered, providerKeys: ProviderKeys): void {
    const { account } = pooled;
    this.accountFor(pooled.key, known, providerKeys).join(pooled);
    providerKeys.refresh(account);
    providerKeys.refresh(pooled.account);
  }

  /** Applies the changed configuration of a key that stays in the pool. */
  follow(pooled: PooledKey, key: PoolKey, providerKeys: ProviderKeys): void {
    const { key: before, account } = pooled;
    pooled.key = key;
    const saidBefore = account.origin === 'configured' ? account.name : undefined;
    if (this.groups.get(key.id) !== saidBefore) {
      this.accountFor(key, undefined, providerKeys).join(pooled);
      providerKeys.refresh(account);
    } else if (key.seats !== before.seats) pooled.account.limit = this.#limitFor(key, undefined);
    pooled.account.limit.setMax(this.#maxSeatsOf(key.provider));
    providerKeys.refresh(pooled.account);
  }

  /** The key was refused although it carried no other call since `startedAtMonotonicMs`. */
  refusedWhileIdle(pooled: PooledKey, providerKeys: ProviderKeys, startedAtMonotonicMs: number, now: Now): IdleRefusal {
    if (pooled.account.origin === 'configured' || !providerKeys.mechanisms.sharedAccounts)
      return { changed: [], isSuspicious: false };
    const moved = this.#guesses.doubt(pooled, providerKeys);
    const idle = new Set(moved.filter((other) => other.inFlight === 0));
    const parted = pooled.account.origin === 'learned' ? this.#part(pooled.account, [pooled], providerKeys) : [];
    const { account } = pooled;
    const carrying = providerKeys.keys.filter(
      (other) =>
        other.account !== account &&
        !idle.has(other) &&
        (other.inFlight > 0 || other.quietSinceMonotonicMs >= startedAtMonotonicMs),
    );
    this.#shared ??= new SharedAccounts();
    const suspects = this.#shared.suspectsAmong(carrying, pooled);
    const partner = this.#shared.refusedWhileIdle(pooled, suspects);
    const changed = [...moved, ...parted];
    if (partner === undefined) return { changed, isSuspicious: suspects.length > 0 };
    const limit = this.#limitOf(partner.account.inFlight, providerKeys, now);
    return { changed: [...changed, ...this.#merge(pooled, partner, providerKeys, limit)], isSuspicious: false };
  }

  /** Called when a call of the key ends. Returns the refused key to call next, to test whether the two share an account. */
  guessFrom(ended: PooledKey, providerKeys: ProviderKeys, now: Now): PooledKey | undefined {
    if (this.#shared === undefined) return undefined;
    const { account } = ended;
    const isFree = providerKeys.mechanisms.accountGuesses && account.inFlight === 0 && ended.acceptsCalls;
    if (!isFree || account.origin === 'configured' || account.origin === 'guessed') return undefined;
    for (const { refused, others } of this.#shared.askable(account)) {
      if (refused.account.origin === 'guessed' || !isKeptOut(refused.state)) continue;
      if (dueAtMs(refused.state, true) > now.wallMs) continue;
      const { seats, ceiling } = account.limit;
      // Without a ceiling the limit is one above the calls that were in flight.
      const inFlightAtEnd = ceiling?.seats ?? seats - 1;
      this.#guesses.make(refused, ended, others, this.#limitOf(inFlightAtEnd, providerKeys, now), providerKeys);
      return refused;
    }
    return undefined;
  }

  /** Returns the keys that cool down because this one may have occupied their seat. */
  keptOutBy(pooled: PooledKey): readonly PooledKey[] {
    return (this.#shared?.suspecting(pooled) ?? []).filter(({ state }) => isKeptOut(state));
  }

  /** Called when a call of the key succeeds. Returns the keys whose account changed. */
  succeeded(pooled: PooledKey, providerKeys: ProviderKeys): readonly PooledKey[] {
    if (this.#shared === undefined && pooled.account.origin !== 'learned') return [];
    this.#shared ??= new SharedAccounts();
    const isProven = this.#guesses.isProven(pooled);
    const { limit } = pooled.account;
    const guessed = this.#guesses.takeBack(pooled, providerKeys);
    const idle = guessed.find((other) => other.account !== pooled.account);
    if (isProven && idle !== undefined) return this.#merge(pooled, idle, providerKeys, limit);
    this.#shared.succeeded(pooled);
    if (guessed.length > 0) return guessed;
    const other = this.#shared.contradiction(pooled);
    if (other === undefined) return [];
    this.#shared.refute(pooled, other);
    return this.#part(pooled.account, [...pooled.account.members], providerKeys);
  }

  forget(pooled: PooledKey, providerKeys: ProviderKeys): void {
    this.#shared?.forget(pooled);
    this.#guesses.takeBack(pooled, providerKeys);
  }

  #merge(one: PooledKey, other: PooledKey, providerKeys: ProviderKeys, limit: ConcurrencyLimit): readonly PooledKey[] {
    this.#shared?.settle(one);
    const emptied = [one.account, other.account];
    const members = emptied.flatMap((account) => account.members).sort((a, b) => a.key.place - b.key.place);
    const account = new Account('learned', members[0]?.key.id, limit);
    for (const member of members) account.join(member);
    for (const each of [...emptied, account]) providerKeys.refresh(each);
    const keyNames = members.map(({ key }) => key.name);
    this.#emit({ event: 'keys.grouped', provider: providerKeys.provider, keyNames });
    return members;
  }

  /** Moves each of these keys to an account of its own. Returns all former members. */
  #part(account: Account, leaving: readonly PooledKey[], providerKeys: ProviderKeys): readonly PooledKey[] {
    const members = [...account.members];
    const staying = members.filter((member) => !leaving.includes(member));
    const [first, second] = staying;
    // An account is named after one of its own keys, and a key by itself has none.
    const rest =
      second === undefined
        ? new Account('own', undefined, account.limit)
        : new Account('learned', first?.key.id, account.limit);
    for (const member of staying) rest.join(member);
    for (const member of leaving) new Account('own', undefined, this.#oneSeat(providerKeys.provider)).join(member);
    for (const each of [account, ...members.map((member) => member.account)]) providerKeys.refresh(each);
    return members;
  }

  /** This many calls were in flight when one more was refused. */
  #limitOf(inFlightAtEnd: number, { provider }: ProviderKeys, { wallMs, monotonicMs }: Now): ConcurrencyLimit {
    const limit = new ConcurrencyLimit({ limit: Math.max(1, inFlightAtEnd) }, this.#maxSeatsOf(provider));
    limit.refused(inFlightAtEnd, wallMs, monotonicMs);
    return limit;
  }

  #oneSeat(provider: ProviderName): ConcurrencyLimit {
    return new ConcurrencyLimit({ limit: 1 }, this.#maxSeatsOf(provider));
  }

  /** The configured seats apply unless a ceiling was learned; a learned limit above them is kept. */
  #limitFor({ provider, seats }: PoolKey, record: Remembered | undefined): ConcurrencyLimit {
    const learned = record?.seats ?? { limit: seats };
    const limit = learned.ceiling === undefined ? Math.max(seats, learned.limit) : learned.limit;
    return new ConcurrencyLimit({ ...learned, limit }, this.#maxSeatsOf(provider));
  }

  #maxSeatsOf(provider: ProviderName): number {
    return this.#maxSeats(provider) ?? defaultMaxSeats;
  }
}

function isKeptOut(state: KeyState): boolean {
  return state.kind === 'cooling' && state.reason === 'concurrency' && !state.stated;
}

function find(providerKeys: ProviderKeys, origin: AccountOrigin, name: KeyId): Account | undefined {
  return providerKeys.keys.find(({ account }) => account.origin === origin && account.name === name)?.account;
}
