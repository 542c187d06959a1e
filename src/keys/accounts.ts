import type { Tell } from '../domain/events.ts';
import type { KeyId } from '../domain/ids.ts';
import type { KeyRecord } from '../domain/key-store.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import { Account, type AccountOrigin } from './account.ts';
import type { PooledKey, PoolKey } from './pooled-key.ts';
import type { Roster } from './roster.ts';
import { defaultMostSeats, SeatLimit } from './seat-limit.ts';
import { SharedAccounts } from './shared-accounts.ts';

/** Leads from a key to the first key of its account. */
export type KeyGroups = ReadonlyMap<KeyId, KeyId>;

export type AccountsOptions = {
  /** The most that may be carried at once, where the operator says so. */
  readonly mostSeats: (provider: ProviderName) => number | undefined;
  readonly tell: Tell;
};

/** Which key belongs to which account: as the operator says, as refusals show, and each to its own otherwise. */
export class Accounts {
  /** As configured: from a key to the first one of its account. */
  groups: KeyGroups = new Map();
  readonly #mostSeats: AccountsOptions['mostSeats'];
  readonly #tell: Tell;
  readonly #shared = new SharedAccounts();

  constructor({ mostSeats, tell }: AccountsOptions) {
    this.#mostSeats = mostSeats;
    this.#tell = tell;
  }

  /** The account of a key that comes into the pool. */
  accountFor(key: PoolKey, record: KeyRecord | undefined, roster: Roster): Account {
    const said = this.groups.get(key.id);
    const name = said ?? record?.account;
    if (name === undefined) return new Account('own', undefined, this.#limitFor(key, record));
    const origin = said === undefined ? 'learned' : 'configured';
    return find(roster, origin, name) ?? new Account(origin, name, this.#limitFor(key, record));
  }

  /** Follows what the operator says now of a key that stays in the pool. */
  follow(pooled: PooledKey, key: PoolKey, roster: Roster): void {
    const { key: before, account } = pooled;
    pooled.key = key;
    const saidBefore = account.origin === 'configured' ? account.name : undefined;
    if (this.groups.get(key.id) !== saidBefore) {
      this.accountFor(key, undefined, roster).join(pooled);
      roster.refresh(account);
    } else if (key.seats !== before.seats) pooled.account.limit = this.#limitFor(key, undefined);
    pooled.account.limit.setMost(this.#most(key.provider));
    roster.refresh(pooled.account);
  }

  /** The key was refused although it carried nothing else, since `fromUpMs`; answers the keys that changed accounts. */
  refusedAlone(pooled: PooledKey, roster: Roster, fromUpMs: number): readonly PooledKey[] {
    const { account } = pooled;
    if (account.origin === 'configured') return [];
    const carrying = roster.keys.filter(
      (other) => other.account !== account && (other.inFlight > 0 || other.quietSinceUpMs >= fromUpMs),
    );
    const partner = this.#shared.refusedAlone(pooled, carrying);
    return partner === undefined ? [] : this.#merge(pooled, partner, roster);
  }

  /** A call of the key succeeded; answers the keys that turned out not to share an account. */
  succeeded(pooled: PooledKey, roster: Roster): readonly PooledKey[] {
    this.#shared.succeeded(pooled);
    const other = this.#shared.contradiction(pooled);
    if (other === undefined) return [];
    this.#shared.refute(pooled, other);
    const parted = [...pooled.account.members];
    for (const member of parted) {
      new Account('own', undefined, this.#oneSeat(roster.provider)).join(member);
      roster.refresh(member.account);
    }
    return parted;
  }

  forget(pooled: PooledKey): void {
    this.#shared.forget(pooled);
  }

  #merge(one: PooledKey, other: PooledKey, roster: Roster): readonly PooledKey[] {
    const emptied = [one.account, other.account];
    const members = emptied.flatMap((account) => account.members).sort((a, b) => a.key.place - b.key.place);
    const account = new Account('learned', members[0]?.key.id, this.#oneSeat(roster.provider));
    for (const member of members) account.join(member);
    for (const each of [...emptied, account]) roster.refresh(each);
    const keyNames = members.map(({ key }) => key.name);
    this.#tell({ event: 'keys.grouped', provider: roster.provider, keyNames });
    return members;
  }

  #oneSeat(provider: ProviderName): SeatLimit {
    return new SeatLimit({ limit: 1 }, this.#most(provider));
  }

  /** Nothing speaks against the operator's hint but a ceiling; what was learned beyond the hint is kept. */
  #limitFor({ provider, seats }: PoolKey, record: KeyRecord | undefined): SeatLimit {
    const learned = record?.seats ?? { limit: seats };
    const limit = learned.ceiling === undefined ? Math.max(seats, learned.limit) : learned.limit;
    return new SeatLimit({ ...learned, limit }, this.#most(provider));
  }

  #most(provider: ProviderName): number {
    return this.#mostSeats(provider) ?? defaultMostSeats;
  }
}

function find(roster: Roster, origin: AccountOrigin, name: KeyId): Account | undefined {
  return roster.keys.find(({ account }) => account.origin === origin && account.name === name)?.account;
}
