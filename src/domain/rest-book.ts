/** What Telegram may ask to be left alone: a chat by its id, a method that belongs to none, or all of it. */
export type HeldPlace = number | string;

export type Rest = { readonly place: HeldPlace; readonly untilMs: number };

/** Where Telegram wants no calls, across restarts: whoever calls too early is made to wait ever longer. */
export type RestBook = {
  /** The rests that are not over. */
  resting(nowMs: number): Promise<readonly Rest[]>;
  /** A longer rest from before stays. */
  keep(rest: Rest, nowMs: number): Promise<void>;
};
