import { isDeepStrictEqual } from 'node:util';
import type { KeyId } from '../../domain/ids.ts';
import { acceptsCalls, isOut } from '../../domain/key-state.ts';
import type { KnownFact, SharedAccount, SharedKey } from '../../domain/shared/shared-keys.ts';
import type { PoolClock } from '../../kit/clock.ts';
import type { FactBoard, KnownFactOf } from '../shared/fact-board.ts';
import { type KeyEvent, nextKeyState, type TransitionContext } from '../rules/key-state.ts';
import type { Accounts } from './accounts.ts';
import { type KeyRegistry, restoreSeats } from './key-registry.ts';
import { type Account, type PooledKey, shifted } from './pooled-key.ts';
import type { KeyStateMachine } from './transitions.ts';

/** Clocks of machines differ by less; a greater difference is taken out of what another one wrote. */
const sameClockMs = 2_000;
/** Events that the others have not heard of; more of one key are not kept while the store is away. */
const maxUnsaid = 100;

export type SharedFactsOptions = {
  readonly board: FactBoard;
  readonly registry: KeyRegistry;
  readonly stateMachine: KeyStateMachine;
  readonly accounts: Accounts;
  readonly time: PoolClock;
};

type Unsaid = { readonly event: KeyEvent; readonly context: TransitionContext };

/**
 * Publishes the states of keys and the limits of accounts, and takes over those of other processes. Where both changed a
 * key at once, what happened here happens again to the state that the other one published; of two limits of one account
 * the lower one holds.
 */
export class SharedFacts {
  readonly #options: SharedFactsOptions;
  /** What happened to each key and was not published; the first `read` of them are being published. */
  readonly #unsaid = new Map<KeyId, Unsaid[]>();
  readonly #read = new Map<KeyId, number>();

  constructor(options: SharedFactsOptions) {
    this.#options = options;
    const { board, registry, stateMachine } = options;
    board.keep('key', {
      read: (id) => this.#readKey(id as KeyId),
      published: (id) => this.#published(id as KeyId),
      takeOver: (known, isUnsaid) => this.#takeOverKey(known, isUnsaid),
      forgetUnsaid: () => {
        this.#unsaid.clear();
        this.#read.clear();
      },
    });
    board.keep('account', {
      read: (id) => accountFact(this.#accountOf(id as KeyId)),
      takeOver: (known, isUnsaid) => this.#takeOverAccount(known, isUnsaid),
    });
    stateMachine.witness = {
      happened: (pooled, event, context) => this.#happened(pooled, event, context),
      changed: (pooled) => this.#changed(pooled),
    };
    for (const pooled of registry.keys()) this.#changedIfNew(pooled);
  }

  /** Other keys are in the pool: what is known of new ones is taken over. */
  keysReplaced(): void {
    const { board, registry } = this.#options;
    board.takeOverAgain('key');
    board.takeOverAgain('account');
    for (const pooled of registry.keys()) this.#changedIfNew(pooled);
  }

  #changedIfNew(pooled: PooledKey): void {
    if (this.#options.board.known('key', pooled.key.id) === undefined) this.#changed(pooled);
  }

  #happened(pooled: PooledKey, event: KeyEvent, context: TransitionContext): void {
    if (!pooled.inPool) return;
    const { id } = pooled.key;
    const before = this.#unsaid.get(id);
    if (before === undefined) this.#unsaid.set(id, [{ event, context }]);
    else if (before.length < maxUnsaid) before.push({ event, context });
  }

  #changed(pooled: PooledKey): void {
    if (!pooled.inPool) return;
    const { board } = this.#options;
    board.changed('key', pooled.key.id);
    board.changed('account', sharedIdOf(pooled.account));
  }

  #readKey(id: KeyId): SharedKey | undefined {
    const pooled = this.#options.registry.key(id);
    if (pooled === undefined) return undefined;
    this.#read.set(id, this.#unsaid.get(id)?.length ?? 0);
    const { state, limitedInARow, account, balance } = pooled;
    // Whether a guess holds is found out here; until then the others go by what was known.
    const learned = account.origin === 'guessed' ? this.#options.board.known('key', id)?.account : learnedName(account);
    return {
      state,
      limitedInARow,
      ...(learned === undefined ? {} : { account: learned }),
      ...(balance === undefined ? {} : { balance }),
    };
  }

  #published(id: KeyId): void {
    this.#unsaid.get(id)?.splice(0, this.#read.get(id) ?? 0);
    this.#read.delete(id);
  }

  #takeOverKey(known: KnownFactOf<'key'>, isUnsaid: boolean): void {
    const { registry, stateMachine, time } = this.#options;
    const { id, value } = known.fact;
    const pooled = registry.key(id);
    const providerKeys = pooled && registry.find(pooled.key.provider);
    if (pooled === undefined || providerKeys === undefined) return;
    const { balance, limitedInARow } = value;
    if (balance !== undefined && balance.atMs >= (pooled.balance?.atMs ?? 0)) pooled.balance = balance;
    pooled.limitedInARow = isUnsaid ? Math.max(pooled.limitedInARow, limitedInARow) : limitedInARow;
    this.#takeOverMembership(pooled, value.account, isUnsaid);
    let state = shifted(value.state, clockDifferenceMs(known, time.wallMs()));
    for (const { event, context } of this.#unsaid.get(id) ?? []) state = nextKeyState(state, event, context);
    if (isDeepStrictEqual(state, pooled.state)) return;
    const wasOut = isOut(pooled.state);
    stateMachine.takeOver(providerKeys, pooled, state);
    if (isOut(state) && !wasOut && pooled.inFlight === 0) stateMachine.left(providerKeys, pooled);
    if (acceptsCalls(pooled.state)) stateMachine.announce(providerKeys.provider);
  }

  /** Which account a key belongs to: a membership that was found out here and not published yet is kept. */
  #takeOverMembership(pooled: PooledKey, account: KeyId | undefined, isUnsaid: boolean): void {
    const { accounts, registry, board } = this.#options;
    const { origin } = pooled.account;
    const providerKeys = registry.find(pooled.key.provider);
    if (providerKeys === undefined || origin === 'configured' || origin === 'guessed' || isUnsaid) return;
    if (learnedName(pooled.account) === account) return;
    const seats = board.known('account', account ?? pooled.key.id)?.seats ?? { limit: 1 };
    accounts.move(pooled, { seats, ...(account === undefined ? {} : { account }) }, providerKeys);
  }

  #takeOverAccount(known: KnownFactOf<'account'>, isUnsaid: boolean): void {
    const { registry, stateMachine, time } = this.#options;
    const { id, value } = known.fact;
    const account = this.#accountOf(id);
    const first = account?.members[0];
    const providerKeys = first && registry.find(first.key.provider);
    if (account === undefined || first === undefined || providerKeys === undefined) return;
    const seatsBefore = account.limit.seats;
    const isLower = isUnsaid && account.limit.seats < value.seats.limit;
    const nowMs = time.wallMs();
    const byMs = clockDifferenceMs(known, nowMs);
    if (!isLower) account.limit.takeOver(restoreSeats(value.seats, byMs, nowMs), time.monotonicMs());
    const own = account.window.shared().window;
    const isNewer = isUnsaid && own !== undefined && own.untilMs > (value.window?.untilMs ?? 0);
    if (!isNewer) account.window.takeOver(value, byMs);
    providerKeys.refresh(account);
    stateMachine.mindTime(providerKeys, first);
    stateMachine.mindWindow(providerKeys, first);
    if (account.limit.seats > seatsBefore) stateMachine.announce(providerKeys.provider);
  }

  #accountOf(id: KeyId): Account | undefined {
    const { registry } = this.#options;
    const account = registry.key(id)?.account;
    if (account !== undefined && sharedIdOf(account) === id) return account;
    for (const pooled of registry.keys()) if (sharedIdOf(pooled.account) === id) return pooled.account;
    return undefined;
  }
}

/** The id under which an account is shared: that of its first key. */
function sharedIdOf({ name, members }: Account): KeyId {
  return name ?? (members[0]?.key.id as KeyId);
}

function learnedName({ origin, name }: Account): KeyId | undefined {
  return origin === 'learned' ? name : undefined;
}

function accountFact(account: Account | undefined): SharedAccount | undefined {
  if (account === undefined || account.origin === 'guessed') return undefined;
  const { limit, window } = account;
  return { seats: { ...limit.record(), limit: limit.seats }, ...window.shared() };
}

/** By how much the clock of who wrote it differs from ours, where that is more than clocks do. */
function clockDifferenceMs({ savedAtMs, ageMs }: Pick<KnownFact, 'savedAtMs' | 'ageMs'>, nowMs: number): number {
  const byMs = Math.round(nowMs - ageMs - savedAtMs);
  return Math.abs(byMs) > sameClockMs ? byMs : 0;
}
