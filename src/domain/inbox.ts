/** One update as Telegram sent it, kept before it is confirmed. */
export type InboxUpdate = {
  readonly updateId: number;
  /** The update's JSON. */
  readonly body: string;
};

/**
 * The durable front door: updates are written here in one transaction before the next getUpdates confirms them, and are
 * remembered for seven days, so that a redelivered one is dropped.
 */
export type Inbox = {
  /** Keeps the batch; answers only those not known before, in the order given. */
  keep(batch: readonly InboxUpdate[], nowMs: number): Promise<readonly InboxUpdate[]>;
  /** Updates kept but not handled, oldest first: what a crash left. */
  unhandled(): Promise<readonly InboxUpdate[]>;
  handled(updateId: number): Promise<void>;
  /** Counts a failed try; answers `set-aside` when it was the third and the update will not come again. */
  failed(updateId: number): Promise<'again' | 'set-aside'>;
  /** Drops bodies and ids older than seven days. */
  purge(nowMs: number): Promise<void>;
};
