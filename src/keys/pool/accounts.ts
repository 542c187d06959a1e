import type { Emit } from '../../domain/events.ts';
import type { KeyId, ProviderName } from '../../domain/ids.ts';
import { dueAtMs, type KeyState, type KeyRecord } from '../../domain/key-state.ts';
import { AccountGuesses, SharedAccounts } from './shared-account-detection.ts';
import { Account, type AccountOrigin, type PooledKey } from './pooled-key.ts';
import type { PoolKey } from '../sources/identify-keys.ts';
import type { ProviderKeys } from './provider-keys.ts';
import { defaultMostSeats, ConcurrencyLimit } from '../rules/concurrency-limit.ts';

/** Leads from a key to the first key of its account. */
export type KeyGroups = ReadonlyMap<KeyId, KeyId>;

export type AccountsOptions = {
  /** The most that may be carried at once, where the operator says so. */
  readonly mostSeats: (provider: ProviderName) => number | undefined;
  readonly emit: Emit;
};

type Now = { readonly wallMs: number; readonly monotonicMs: number };

export type RefusedAlone = {
  /** Keys that changed accounts. */
  readonly changed: readonly PooledKey[];
  /** The seat of its account may carry the call of a sibling that is not found out yet. */
  readonly isSuspicious: boolean;
};

/** Which key belongs to which account: as the operator says, as refusals show, and each to its own otherwise. */
export class Accounts {
  /** As configured: from a key to the first one of its account. */
  groups: KeyGroups = new Map();
  readonly #mostSeats: AccountsOptions['mostSeats'];
  readonly #emit: Emit;
  readonly #shared = new SharedAccounts();
  readonly #guesses = new AccountGuesses();

  constructor({ mostSeats, emit }: AccountsOptions) {
    this.#mostSeats = mostSeats;
    this.#emit = emit;
  }

  /** The account of a key that comes into the pool. */
  accountFor(key: PoolKey, record: KeyRecord | undefined, providerKeys: ProviderKeys): Account {
    const said = this.groups.get(key.id);
    const name = said ?? record?.account;
    if (name === undefined) return new Account('own', undefined, this.#limitFor(key, record));
    const origin = said === undefined ? 'learned' : 'configured';
    return find(providerKeys, origin, name) ?? new Account(origin, name, this.#limitFor(key, record));
  }

  /** Follows what the operator says now of a key that stays in the pool. */
  follow(pooled: PooledKey, key: PoolKey, providerKeys: ProviderKeys): void {
    const { key: before, account } = pooled;
    pooled.key = key;
    const saidBefore = account.origin === 'configured' ? account.name : undefined;
    if (this.groups.get(key.id) !== saidBefore) {
      this.accountFor(key, undefined, providerKeys).join(pooled);
      providerKeys.refresh(account);
    } else if (key.seats !== before.seats) pooled.account.limit = this.#limitFor(key, undefined);
    pooled.account.limit.setMost(this.#most(key.provider));
    providerKeys.refresh(pooled.account);
  }

  /** The key was refused although it carried no other call since `startedAtMonotonicMs`. */
  refusedAlone(pooled: PooledKey, providerKeys: ProviderKeys, startedAtMonotonicMs: number, now: Now): RefusedAlone {
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
    const suspects = this.#shared.suspectsAmong(carrying, pooled);
    const partner = this.#shared.refusedAlone(pooled, suspects);
    const changed = [...moved, ...parted];
    if (partner === undefined) return { changed, isSuspicious: suspects.length > 0 };
    const limit = this.#limitOf(partner.account.inFlight, providerKeys, now);
    return { changed: [...changed, ...this.#merge(pooled, partner, providerKeys, limit)], isSuspicious: false };
  }

  /** A call of the key ended; answers the key that is to go first now, to see whether the two share an account. */
  guessFrom(ended: PooledKey, providerKeys: ProviderKeys, now: Now): PooledKey | undefined {
    const { account } = ended;
    const isFree = providerKeys.mechanisms.accountGuesses && account.inFlight === 0 && ended.acceptsCalls;
    if (!isFree || account.origin === 'configured' || account.origin === 'guessed') return undefined;
    for (const { refused, others } of this.#shared.askable(account)) {
      if (refused.account.origin === 'guessed' || !isKeptOut(refused.state)) continue;
      if (dueAtMs(refused.state, true) > now.wallMs) continue;
      const { seats, ceiling } = account.limit;
      // A limit that nothing holds down is one above what was carried.
      const inFlightAtEnd = ceiling?.seats ?? seats - 1;
      this.#guesses.make(refused, ended, others, this.#limitOf(inFlightAtEnd, providerKeys, now), providerKeys);
      return refused;
    }
    return undefined;
  }

  /** The keys that rest because this one may have held their seat. */
  keptOutBy(pooled: PooledKey): readonly PooledKey[] {
    return this.#shared.suspecting(pooled).filter(({ state }) => isKeptOut(state));
  }

  /** A call of the key succeeded; answers the keys that turned out not to share an account. */
  succeeded(pooled: PooledKey, providerKeys: ProviderKeys): readonly PooledKey[] {
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
    this.#shared.forget(pooled);
    this.#guesses.takeBack(pooled, providerKeys);
  }

  #merge(one: PooledKey, other: PooledKey, providerKeys: ProviderKeys, limit: ConcurrencyLimit): readonly PooledKey[] {
    this.#shared.settle(one);
    const emptied = [one.account, other.account];
    const members = emptied.flatMap((account) => account.members).sort((a, b) => a.key.place - b.key.place);
    const account = new Account('learned', members[0]?.key.id, limit);
    for (const member of members) account.join(member);
    for (const each of [...emptied, account]) providerKeys.refresh(each);
    const keyNames = members.map(({ key }) => key.name);
    this.#emit({ event: 'keys.grouped', provider: providerKeys.provider, keyNames });
    return members;
  }

  /** Each of these to its own again; answers all whose account is another one now. */
  #part(account: Account, pendingErasure: readonly PooledKey[], providerKeys: ProviderKeys): readonly PooledKey[] {
    const members = [...account.members];
    const staying = members.filter((member) => !pendingErasure.includes(member));
    const [first, second] = staying;
    // An account is named after one of its own keys, and a key by itself has none.
    const rest =
      second === undefined
        ? new Account('own', undefined, account.limit)
        : new Account('learned', first?.key.id, account.limit);
    for (const member of staying) rest.join(member);
    for (const member of pendingErasure)
      new Account('own', undefined, this.#oneSeat(providerKeys.provider)).join(member);
    for (const each of [account, ...members.map((member) => member.account)]) providerKeys.refresh(each);
    return members;
  }

  /** This many calls were in flight when one more was refused. */
  #limitOf(inFlightAtEnd: number, { provider }: ProviderKeys, { wallMs, monotonicMs }: Now): ConcurrencyLimit {
    const limit = new ConcurrencyLimit({ limit: Math.max(1, inFlightAtEnd) }, this.#most(provider));
    limit.refused(inFlightAtEnd, wallMs, monotonicMs);
    return limit;
  }

  #oneSeat(provider: ProviderName): ConcurrencyLimit {
    return new ConcurrencyLimit({ limit: 1 }, this.#most(provider));
  }

  /** Nothing speaks against the operator's hint but a ceiling; what was learned beyond the hint is kept. */
  #limitFor({ provider, seats }: PoolKey, record: KeyRecord | undefined): ConcurrencyLimit {
    const learned = record?.seats ?? { limit: seats };
    const limit = learned.ceiling === undefined ? Math.max(seats, learned.limit) : learned.limit;
    return new ConcurrencyLimit({ ...learned, limit }, this.#most(provider));
  }

  #most(provider: ProviderName): number {
    return this.#mostSeats(provider) ?? defaultMostSeats;
  }
}

function isKeptOut(state: KeyState): boolean {
  return state.kind === 'cooling' && state.reason === 'concurrency' && !state.stated;
}

function find(providerKeys: ProviderKeys, origin: AccountOrigin, name: KeyId): Account | undefined {
  return providerKeys.keys.find(({ account }) => account.origin === origin && account.name === name)?.account;
}
