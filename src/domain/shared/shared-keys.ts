import type { KeyId, ProviderName } from '../ids.ts';
import type { KeyBalance, KeyState, SeatRecord, ToldSpan, WindowRecord } from '../key-state.ts';

/** A seat that is wished for, for one call. */
export type SeatClaim = {
  /** Chosen by who asks, so that a wish whose answer was lost can be taken back. */
  readonly seatId: string;
  readonly holder: string;
  readonly keyId: KeyId;
  /** All keys of its account, this one included. */
  readonly accountKeys: readonly KeyId[];
  /** Calls at once of the account; absent for a call that is under way already and is counted whatever the limit. */
  readonly limit?: number;
  /** Calls at once of this key, where it carries fewer than its account. */
  readonly keyLimit?: number;
  /** At most so many calls of the account begin within the span. */
  readonly window?: { readonly calls: number; readonly spanMs: number };
};

/** Calls of one key that other holders made. */
export type OthersCalls = {
  readonly keyId: KeyId;
  /** Under way now. */
  readonly underWay: number;
  /** How long ago the calls began that may still count in a window, ended ones included. */
  readonly beganAgoMs: readonly number[];
};

/** What other holders do with some keys; a key that is not named carries no call of theirs. */
export type OthersView = {
  /** Of two views the one with the higher number is the newer. */
  readonly at: number;
  readonly keys: readonly OthersCalls[];
};

/** `fenced`: the holder was taken for dead, and its seats were given to others. */
export type SeatTaken = { readonly kind: 'seat' | 'full'; readonly view: OthersView } | { readonly kind: 'fenced' };

export type SeatBack = {
  readonly seatId: string;
  /** For how long the beginning of its call still counts in a window; 0 when the call was not sent, or was refused. */
  readonly countsForMs: number;
};

/** What is shared of one key. Times are milliseconds since 1970 by the clock of who wrote it. */
export type SharedKey = {
  readonly state: KeyState;
  readonly limitedInARow: number;
  /** Named after the first key of the account, for keys that were found to share one. */
  readonly account?: KeyId;
  readonly balance?: KeyBalance;
};

/** What is shared of one account, under the id of its first key. */
export type SharedAccount = {
  /** In whole seats. */
  readonly seats: SeatRecord;
  readonly window?: Omit<WindowRecord, 'starts'>;
  /** The provider's own count, as one answer told it. */
  readonly told?: ToldSpan;
};

/** Whether a provider is taken to be down. */
export type SharedBreaker = { readonly isOpen: boolean };

/** For how long a model is left alone since then; 0 for one that is not. */
export type SharedCooldown = {
  readonly forMs: number;
  readonly why: 'unknown' | 'closed' | 'down';
  /** Its provider has said for sure that it does not serve it. */
  readonly isGone?: true;
};

/** Something that one process found out and all of them go by. Models are called `provider:model`. */
export type SharedFact =
  | { readonly kind: 'key'; readonly id: KeyId; readonly value: SharedKey }
  | { readonly kind: 'account'; readonly id: KeyId; readonly value: SharedAccount }
  | { readonly kind: 'breaker'; readonly id: ProviderName; readonly value: SharedBreaker }
  | { readonly kind: 'model'; readonly id: string; readonly value: SharedCooldown };

export type FactKind = SharedFact['kind'];
export type FactName = { readonly kind: FactKind; readonly id: string };

export type KnownFact = {
  readonly fact: SharedFact;
  /** Grows by one with each publication. */
  readonly version: number;
  /** When it was written, in milliseconds since 1970 by the clock of who wrote it. */
  readonly savedAtMs: number;
  /** How long ago that was when it was read. */
  readonly ageMs: number;
};

/** `behind`: somebody else published since, and nothing was stored. */
export type Published =
  | { readonly kind: 'published'; readonly version: number }
  | { readonly kind: 'behind'; readonly known: KnownFact }
  | { readonly kind: 'fenced' };

export type SharedNews = {
  /** Who caused it; absent where that is nobody of the holders. */
  readonly by?: string;
} & (
  | { readonly kind: 'seats'; readonly keyId: KeyId }
  | { readonly kind: 'fact'; readonly name: FactName }
  /** An operator added or removed keys, or set something for one. */
  | { readonly kind: 'settings' }
  | { readonly kind: 'spent'; readonly provider: ProviderName; readonly userId: number; readonly usd: number }
  /** The way was cut: whatever happened meanwhile was not heard. */
  | { readonly kind: 'missed' }
);

/**
 * What processes that work with the same keys share: the seats of accounts, what was found out about keys, providers and
 * models, and whose turn a probe is. Keys are named by their fingerprints. All times are measured by one clock, that of the
 * store, and told as durations. Every function rejects while the store is away.
 *
 * A holder is one life of one process. It beats; one that was silent for its lease is taken for dead as soon as somebody
 * wants a seat of it, and what it says afterwards changes nothing.
 */
export type SharedKeys = {
  /** Begins a life: nobody of this name was there before. */
  join(holder: string, leaseMs: number): Promise<void>;
  /** Renews the lease, and with it every seat of the holder; false when it was taken for dead. */
  beat(holder: string, leaseMs: number): Promise<boolean>;
  /** Ends the life and gives back its seats. */
  leave(holder: string): Promise<void>;
  /** A seat, as long as the account and the key carry fewer calls than they may and the window is open. */
  take(wish: SeatClaim): Promise<SeatTaken>;
  /** Ends calls; a seat that is unknown, or was given back before, changes nothing. */
  giveBack(holder: string, seats: readonly SeatBack[]): Promise<void>;
  /** What others do with these keys, or with all of them. */
  view(holder: string, keys?: readonly KeyId[]): Promise<OthersView>;
  /** Stores the fact as the one after version `after`; 0 where there is none yet. */
  publish(holder: string, fact: SharedFact, after: number, savedAtMs: number): Promise<Published>;
  /** These facts, or all of them. */
  facts(names?: readonly FactName[]): Promise<readonly KnownFact[]>;
  /**
   * True when the holder may do now what only one of all does at a time, as to probe a key: for `forMs` at most, not within
   * `restMs` of the last time that somebody had the turn, and no longer than its lease lasts.
   */
  takeTurn(name: string, holder: string, span: { readonly forMs: number; readonly restMs: number }): Promise<boolean>;
  endTurn(name: string, holder: string): Promise<void>;
  /** Says something that nothing stores. */
  tell(news: Extract<SharedNews, { kind: 'settings' | 'spent' }>): Promise<void>;
  /** Hears of everything that changed, in the order in which it did; what the same holder did as well. */
  subscribe(listener: (news: SharedNews) => void): Disposable;
};
