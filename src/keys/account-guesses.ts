import { Account } from './account.ts';
import type { PooledKey } from './pooled-key.ts';
import type { Roster } from './roster.ts';
import type { SeatLimit } from './seat-limit.ts';

type Guess = {
  readonly account: Account;
  /** Where each of its keys was before. */
  readonly homes: ReadonlyMap<PooledKey, Account>;
  /** The other suspects: the account of each was full when the guess was made. */
  readonly others: readonly PooledKey[];
};

/**
 * Keys that were put into one account to see whether they share one:
 *
 *     a suspect's call ends while the other suspects' accounts are full
 *       ──► the refused key has the seat, and the suspect waits behind it as in one account
 *     the refused key is refused again ──► it was another one; the suspect has its seat back at once
 *     another suspect is refused meanwhile ──► it was that one; the suspect has its seat back at once
 *     the refused key succeeds while every other suspect is served ──► it was this one
 */
export class AccountGuesses {
  readonly #guesses = new Map<PooledKey, Guess>();

  /** Puts the refused key, the suspect that carries nothing and whoever shares theirs into one account. */
  make(refused: PooledKey, idle: PooledKey, others: readonly PooledKey[], limit: SeatLimit, roster: Roster): void {
    const emptied = [refused.account, idle.account];
    const members = emptied.flatMap((account) => account.members);
    const homes = new Map(members.map((member) => [member, member.account]));
    const account = new Account('guessed', idle.account.name ?? idle.key.id, limit);
    for (const member of members) account.join(member);
    for (const each of [...emptied, account]) roster.refresh(each);
    this.#guesses.set(refused, { account, homes, others });
  }

  /** True when the key's last success came while every other suspect was served too: only the idle one is left. */
  isProven(refused: PooledKey): boolean {
    const guess = this.#guesses.get(refused);
    if (guess === undefined || refused.account !== guess.account) return false;
    return guess.others.every((other) => wasServedBeside(refused, other));
  }

  /** Takes back the guesses that the key's refusal speaks against; answers the keys that were moved. */
  doubt(pooled: PooledKey, roster: Roster): readonly PooledKey[] {
    const doubted = [...this.#guesses].filter(
      ([refused, { others }]) =>
        refused === pooled || (refused.inFlight > 0 && others.some(({ account }) => account === pooled.account)),
    );
    return doubted.flatMap(([refused]) => this.takeBack(refused, roster));
  }

  /** Puts every key of the guess back into the account that it was in; answers those that were moved. */
  takeBack(refused: PooledKey, roster: Roster): readonly PooledKey[] {
    const guess = this.#guesses.get(refused);
    if (guess === undefined) return [];
    this.#guesses.delete(refused);
    const members = [...guess.account.members];
    for (const member of members) guess.homes.get(member)?.join(member);
    for (const account of new Set([guess.account, ...guess.homes.values()])) roster.refresh(account);
    return members;
  }
}

/** A key of the other one's account carried calls for half of the time that the last success of this one took. */
function wasServedBeside({ lastSuccess: { fromUpMs, toUpMs } }: PooledKey, { account }: PooledKey): boolean {
  const enoughMs = (toUpMs - fromUpMs) / 2;
  return account.members.some(({ inFlight, quietSinceUpMs, lastSuccess }) => {
    const goesOnMs = inFlight > 0 ? toUpMs - Math.max(fromUpMs, quietSinceUpMs) : 0;
    const endedMs = Math.min(toUpMs, lastSuccess.toUpMs) - Math.max(fromUpMs, lastSuccess.fromUpMs);
    return Math.max(goesOnMs, endedMs) >= enoughMs;
  });
}
