/** What was deleted at a person's wish. */
export type Forgotten = {
  /** Requests with their words and everything that was kept of them. */
  readonly requests: number;
  /** Results on this machine's disk. */
  readonly results: number;
  /** Requests that somebody is being told of right now: without words already, gone once that is done. */
  readonly leaving: number;
};

/** What is kept of people, and how it goes. */
export type PersonalData = {
  /** Deletes everything of the person that is not needed to keep others safe; their open requests are to be cancelled first. */
  forget(userId: number, nowMs: number): Promise<Forgotten>;
};
