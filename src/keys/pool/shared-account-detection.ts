import { Account, type PooledKey, type Span } from './pooled-key.ts';
import type { ProviderKeys } from './provider-keys.ts';
import type { ConcurrencyLimit } from '../rules/account-limits.ts';

type Suspicion = { among: readonly PooledKey[]; refusals: number };

/** Two refusals point to the wrong sibling less often than one. */
const enoughRefusals = 2;
/** Among more siblings than this a refusal proves nothing. */
const maxSuspects = 32;
const maxSuspicions = 64;

/**
 * Detects keys that share an account from concurrency refusals. A key that is refused while it carries no other call
 * shares its account: with a sibling that carries calls, or with a key outside the pool.
 *
 *     refused alone ──► suspects: the siblings that carried calls meanwhile
 *     refused alone again ──► only those that carried calls this time too (none left: a key outside the pool, start over), and
 *         those of whose account a key may be that carries calls only this time
 *     it and a suspect succeed at the same time ──► not that one, for good
 *     one account left after two refusals ──► they share it
 *     several left, always the same, as where every seat is always taken ──► when one of them ends its call the
 *         refused key is asked in its place (`AccountGuesses`): either answer leaves fewer
 *     a key found to share an account is refused alone ──► it does not after all, or a stranger does: by itself again
 *     two keys found to share an account succeed at the same time ──► they do not after all
 */
export class SharedAccounts {
  readonly #suspicions = new Map<PooledKey, Suspicion>();
  readonly #refuted = new Map<PooledKey, Set<PooledKey>>();

  /** Returns the keys with calls that may share the account of the refused key. */
  suspectsAmong(carrying: readonly PooledKey[], pooled: PooledKey): readonly PooledKey[] {
    const innocent = this.#refuted.get(pooled);
    return carrying.filter((other) => innocent?.has(other) !== true && !hasFixedAccount(other));
  }

  /** Returns the key that shares the account of the refused key, once that is certain. */
  refusedWhileIdle(pooled: PooledKey, present: readonly PooledKey[]): PooledKey | undefined {
    if (present.length > maxSuspects) return undefined;
    const before = this.#suspicions.get(pooled);
    const both = before === undefined ? [] : this.#stillSuspected(before.among, present);
    const among = both.length > 0 ? both : present;
    const refusals = both.length > 0 && before !== undefined ? before.refusals + 1 : 1;
    this.#suspicions.delete(pooled);
    const [first] = among;
    if (first === undefined) return undefined;
    const isClear = refusals >= enoughRefusals && first.account.origin !== 'guessed';
    if (isClear && among.every((other) => isSame(other, first))) return first;
    if (this.#suspicions.size < maxSuspicions) this.#suspicions.set(pooled, { among, refusals });
    return undefined;
  }

  /** After a success of the key: clears suspects whose success overlaps with it. */
  succeeded(pooled: PooledKey): void {
    if (this.#suspicions.size === 0) return;
    for (const [owner, suspicion] of this.#suspicions) {
      if (owner !== pooled && !suspicion.among.includes(pooled)) continue;
      const cleared = suspicion.among.filter(
        (other) => (owner === pooled || other === pooled) && bothAtOnce(owner.lastSuccess, other.lastSuccess),
      );
      if (cleared.length === 0) continue;
      for (const other of cleared) this.refute(owner, other);
      suspicion.among = suspicion.among.filter((other) => !cleared.includes(other));
      if (suspicion.among.length === 0) this.#suspicions.delete(owner);
    }
  }

  /** Returns another key of its learned account whose success overlaps with its own. */
  contradiction(pooled: PooledKey): PooledKey | undefined {
    if (pooled.account.origin !== 'learned') return undefined;
    const { members } = pooled.account;
    return members.find((other) => other !== pooled && bothAtOnce(pooled.lastSuccess, other.lastSuccess));
  }

  /** Returns the suspects that may still explain this refusal; none when no suspect carries calls. */
  #stillSuspected(among: readonly PooledKey[], present: readonly PooledKey[]): readonly PooledKey[] {
    const carries = (other: PooledKey) => present.some((one) => isSame(one, other));
    if (!among.some(carries)) return [];
    const newcomers = present.filter((one) => !among.some((other) => isSame(one, other)));
    return among.filter((other) => carries(other) || newcomers.some((one) => this.#mayShare(one, other)));
  }

  #mayShare(one: PooledKey, other: PooledKey): boolean {
    return this.#refuted.get(one)?.has(other) !== true && !bothAtOnce(one.lastSuccess, other.lastSuccess);
  }

  /** Records that these two keys do not share an account. */
  refute(one: PooledKey, other: PooledKey): void {
    for (const [key, value] of [
      [one, other],
      [other, one],
    ] as const) {
      const known = this.#refuted.get(key);
      if (known === undefined) this.#refuted.set(key, new Set([value]));
      else known.add(value);
    }
  }

  /** Returns the refused keys that suspect this one. */
  suspecting(pooled: PooledKey): readonly PooledKey[] {
    return [...this.#suspicions].flatMap(([refused, { among }]) => (among.includes(pooled) ? [refused] : []));
  }

  /** Drops the suspicion of a key whose account is known. */
  settle(pooled: PooledKey): void {
    this.#suspicions.delete(pooled);
  }

  /** Yields the refused keys for which a call now would show whether they share the idle account. */
  *askable(idle: Account): Generator<{ readonly refused: PooledKey; readonly others: readonly PooledKey[] }> {
    for (const [refused, { among }] of this.#suspicions) {
      const others = among.filter(({ account }) => account !== idle);
      if (others.length === among.length || others.length === 0) continue;
      if (others.every(({ account }) => account.inFlight >= account.limit.seats)) yield { refused, others };
    }
  }

  forget(pooled: PooledKey): void {
    this.#suspicions.delete(pooled);
    for (const suspicion of this.#suspicions.values()) {
      suspicion.among = suspicion.among.filter((other) => other !== pooled);
    }
    for (const other of this.#refuted.get(pooled) ?? []) this.#refuted.get(other)?.delete(pooled);
    this.#refuted.delete(pooled);
  }
}

/** A configured account is not subject to detection. */
function hasFixedAccount({ account }: PooledKey): boolean {
  return account.origin === 'configured';
}

function isSame(one: PooledKey, other: PooledKey): boolean {
  return one.account === other.account;
}

/** Two calls ran at once when they overlap by half of the shorter one: network delay is less than that. */
function bothAtOnce(one: Span, other: Span): boolean {
  const overlapMs =
    Math.min(one.toMonotonicMs, other.toMonotonicMs) - Math.max(one.startedAtMonotonicMs, other.startedAtMonotonicMs);
  const shorterMs = Math.min(
    one.toMonotonicMs - one.startedAtMonotonicMs,
    other.toMonotonicMs - other.startedAtMonotonicMs,
  );
  return overlapMs > 0 && overlapMs >= shorterMs / 2;
}

type Guess = {
  readonly account: Account;
  /** The former account of each key. */
  readonly homes: ReadonlyMap<PooledKey, Account>;
  /** The other suspects: the account of each was full when the guess was made. */
  readonly others: readonly PooledKey[];
};

/**
 * Keys that were put into one account to test whether they share one:
 *
 *     a suspect's call ends while the other suspects' accounts are full
 *       ──► the refused key has the seat, and the suspect waits behind it as in one account
 *     the refused key is refused again ──► it was another one; the suspect has its seat back at once
 *     another suspect is refused meanwhile ──► it was that one; the suspect has its seat back at once
 *     the refused key succeeds while every other suspect is served ──► it was this one
 */
export class AccountGuesses {
  readonly #guesses = new Map<PooledKey, Guess>();

  /** Puts the refused key, the suspect without calls and the keys of both their accounts into one account. */
  make(
    refused: PooledKey,
    idle: PooledKey,
    others: readonly PooledKey[],
    limit: ConcurrencyLimit,
    providerKeys: ProviderKeys,
  ): void {
    const emptied = [refused.account, idle.account];
    const members = emptied.flatMap((account) => account.members);
    const homes = new Map(members.map((member) => [member, member.account]));
    const account = new Account('guessed', idle.account.name ?? idle.key.id, limit);
    for (const member of members) account.join(member);
    for (const each of [...emptied, account]) providerKeys.refresh(each);
    this.#guesses.set(refused, { account, homes, others });
  }

  /** True when every other suspect was also served during the last success of the key: only the idle suspect is left. */
  isProven(refused: PooledKey): boolean {
    const guess = this.#guesses.get(refused);
    if (guess === undefined || refused.account !== guess.account) return false;
    return guess.others.every((other) => wasServedBeside(refused, other));
  }

  /** Reverts the guesses that a refusal of the key contradicts. Returns the moved keys. */
  doubt(pooled: PooledKey, providerKeys: ProviderKeys): readonly PooledKey[] {
    const doubted = [...this.#guesses].filter(
      ([refused, { others }]) =>
        refused === pooled || (refused.inFlight > 0 && others.some(({ account }) => account === pooled.account)),
    );
    return doubted.flatMap(([refused]) => this.takeBack(refused, providerKeys));
  }

  /** Moves every key of the guess back to its former account. Returns the moved keys. */
  takeBack(refused: PooledKey, providerKeys: ProviderKeys): readonly PooledKey[] {
    const guess = this.#guesses.get(refused);
    if (guess === undefined) return [];
    this.#guesses.delete(refused);
    const members = [...guess.account.members];
    for (const member of members) guess.homes.get(member)?.join(member);
    for (const account of new Set([guess.account, ...guess.homes.values()])) providerKeys.refresh(account);
    return members;
  }
}

/** True when a key of the other account carried calls during half of this key's last success. */
function wasServedBeside(
  { lastSuccess: { startedAtMonotonicMs, toMonotonicMs } }: PooledKey,
  { account }: PooledKey,
): boolean {
  const enoughMs = (toMonotonicMs - startedAtMonotonicMs) / 2;
  return account.members.some(({ inFlight, quietSinceMonotonicMs, lastSuccess }) => {
    const goesOnMs = inFlight > 0 ? toMonotonicMs - Math.max(startedAtMonotonicMs, quietSinceMonotonicMs) : 0;
    const endedMs =
      Math.min(toMonotonicMs, lastSuccess.toMonotonicMs) -
      Math.max(startedAtMonotonicMs, lastSuccess.startedAtMonotonicMs);
    return Math.max(goesOnMs, endedMs) >= enoughMs;
  });
}
