/** A message to everybody: written, then sent after a second word of its admin. */
export type Broadcast = {
  readonly id: number;
  readonly adminId: number;
  /** Of the admin: in it the progress is told. */
  readonly locale: string;
  readonly words: string;
  readonly state: 'draft' | 'sending' | 'stopped' | 'done';
  /** The message that shows the progress. */
  readonly messageId?: number;
};

/**
 * What became of one person's message: `waiting` -> `sending` (about to be sent: it may arrive) -> `sent`; `closed` (they
 * blocked the bot); `unsure` (the connection broke, or the process ended: it is not sent again); `failed`; `left-out` (they
 * want none, or may not use the bot). Where Telegram certainly did not take it: back to `waiting`.
 */
export const recipientEndings = ['sent', 'closed', 'unsure', 'failed', 'left-out'] as const;
export type RecipientEnding = (typeof recipientEndings)[number];

export type BroadcastProgress = Readonly<Record<RecipientEnding, number>> & {
  readonly total: number;
  /** Not sent yet, those who are tried again among them. */
  readonly waiting: number;
};

export type Broadcasts = {
  draft(broadcast: Pick<Broadcast, 'adminId' | 'locale' | 'words'>, nowMs: number): Promise<number>;
  find(id: number): Promise<Broadcast | undefined>;
  /** How many people would get one now: those with an open chat who did not decline. */
  audience(): Promise<number>;
  /** Fixes who gets it; false where it is no draft any more. */
  start(id: number, messageId: number | undefined): Promise<boolean>;
  /** Ends it as stopped or done; false where it was not being sent. */
  end(id: number, how: 'stopped' | 'done'): Promise<boolean>;
  /** Those being sent, oldest first. Messages that another process had in hand are unsure from now on. */
  resume(): Promise<readonly Broadcast[]>;
  /** Some of those whose message waits, the first due one first; none once it is stopped. */
  waiting(id: number, atMost: number): Promise<readonly { readonly userId: number; readonly dueAtMs: number }[]>;
  /** Durably marks the message as about to be sent; false where it does not wait any more, or all is stopped. */
  take(id: number, userId: number): Promise<boolean>;
  settle(id: number, userId: number, ending: RecipientEnding): Promise<void>;
  /** Telegram did not take it: tried again from that moment on, at most so many times, then it has failed. */
  again(id: number, userId: number, dueAtMs: number, maxTries: number): Promise<void>;
  progress(id: number): Promise<BroadcastProgress>;
};
