/** How many messages a place takes. */
export type SendPace = {
  /** A chat, or `everything`. */
  readonly place: number | 'everything';
  /** Messages that go out together. */
  readonly messages: number;
  /** How many at once, before one more comes with each span. */
  readonly burst: number;
  readonly everyMs: number;
  /** At most so many of the place within a minute. */
  readonly perMinute?: number;
  /** Goes out at once, and is counted; only the minute is waited for. */
  readonly isUrgent: boolean;
};

/** Telegram's limits for all processes together, counted by the clock of the database. */
export type SendPlaces = {
  /** Takes the place of a call; returns 0, or in how many milliseconds to ask again: then nothing was taken. */
  take(pace: SendPace): Promise<number>;
};
