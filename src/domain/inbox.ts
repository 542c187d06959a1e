/** One update as Telegram sent it, kept before it is confirmed. */
export type InboxUpdate = {
  readonly updateId: number;
  /** The update's JSON. */
  readonly body: string;
};

/** What an earlier process left unhandled. */
export type Leftovers = {
  /** No process died on these: they are handled together. */
  readonly plain: readonly InboxUpdate[];
  /** A process died while it had them in hand, among others: one at a time, the least suspect first. */
  readonly suspects: readonly InboxUpdate[];
  /** Ids of updates that will not come again. */
  readonly setAside: readonly number[];
};

/**
 * The durable intake: updates are written here in one transaction before the next getUpdates confirms them, and are
 * remembered for seven days, so that a redelivered one is dropped.
 */
export type Inbox = {
  /**
   * Stores the batch. Returns only the updates not known before, in the given order. `onKept` hears of them a moment before
   * they are durable: what their handlers store first joins the transaction, and is lost with it.
   */
  keep(
    batch: readonly InboxUpdate[],
    nowMs: number,
    onKept?: (fresh: readonly InboxUpdate[]) => void,
  ): Promise<readonly InboxUpdate[]>;
  /** Updates kept but not handled, oldest first. */
  unhandled(): Promise<readonly InboxUpdate[]>;
  /** Whether any update was ever kept and is still remembered. */
  hasAny(): Promise<boolean>;
  /** The stored JSON of an update; undefined when it is handled or set aside. */
  bodyOf(updateId: number): Promise<string | undefined>;
  /** On start: what an earlier process left, each update marked as in hand; sets aside what three processes died on. */
  takeUp(): Promise<Leftovers>;
  /** The update is in hand now: if the process ends before the next word of it, it may be what killed it. */
  inHand(updateId: number): Promise<void>;
  /** A try returned, or the process stops normally: the update crashed nothing. Without an id: all updates. */
  survived(updateId?: number): Promise<void>;
  /** Durable with the next change that is: an update that is handled again is known to what it asked for. */
  handled(updateId: number): Promise<void>;
  /** Counts a failed try; answers `set-aside` when it was the third and the update will not come again. */
  failed(updateId: number): Promise<'again' | 'set-aside'>;
  /** Drops bodies and ids older than seven days. */
  purge(nowMs: number): Promise<void>;
};

/**
 * One inbox of several processes: every one may keep updates, and the holder of the role `telegram` has them in hand. Each
 * function does nothing, and answers that there is nothing, when the fence of the role is no longer the one given.
 */
export type SharedInbox = {
  /** As `Inbox.takeUp`, with what an earlier holder had in hand and what nobody has. */
  takeUp(fence: number): Promise<Leftovers>;
  /** Takes in hand what was kept since, oldest first. */
  takeNew(fence: number): Promise<readonly InboxUpdate[]>;
  /** What was taken in this term and is not handled crashed nothing: the holder lives, or ends in order. */
  survived(fence: number): Promise<void>;
};
