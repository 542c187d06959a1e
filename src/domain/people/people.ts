/** What is known of somebody who has written to the bot. */
export type KnownPerson = {
  readonly id: number;
  /** Without the @, in small letters. */
  readonly username?: string;
  /** As Telegram reports it. */
  readonly language?: string;
  /** False for those who do not want messages to everybody. */
  readonly wantsNews: boolean;
  /** The update with which they came; absent for those who were known before this was kept. */
  readonly firstUpdateId?: number;
  readonly firstSeenMs: number;
  /** To the hour. */
  readonly lastSeenMs: number;
};

/** How many people wrote to the bot since a moment, and how many of them for the first time. */
export type PeopleCounts = { readonly active: number; readonly fresh: number };

/** Who has written to the bot. The storage notes it with each update. */
export type People = {
  find(id: number): Promise<KnownPerson | undefined>;
  findByUsername(username: string): Promise<KnownPerson | undefined>;
  setNews(id: number, wantsNews: boolean): Promise<void>;
  counts(sinceMs: number): Promise<PeopleCounts>;
  /**
   * Thanks the one who brought a person with results that do not expire, in one transaction: once for each person ever, never
   * for oneself, and only for somebody who came with this very update. Resolves with whether it was credited now.
   */
  credit(referral: Referral): Promise<boolean>;
};

export type Referral = {
  /** Who came, and with which update. */
  readonly userId: number;
  readonly updateId: number;
  readonly byId: number;
  readonly results: number;
  readonly nowMs: number;
};

/** A person's own data that is to be sent to them. */
export type ExportRequest = { readonly userId: number; readonly chatId: number; readonly locale: string };

export type ExportRequests = {
  /** Keeps the request; `too-soon` where the one before was less than `minIntervalMs` ago. */
  ask(request: ExportRequest, nowMs: number, minIntervalMs: number): Promise<'asked' | 'too-soon'>;
  unsent(): Promise<readonly ExportRequest[]>;
  noteSent(userId: number): Promise<void>;
};
