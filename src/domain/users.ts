import type { JobKind, Lane } from './job.ts';

/** What is known of a person. */
export type User = {
  readonly id: number;
  /** What they chose by /language; without it the one Telegram reports applies. */
  readonly locale?: string;
  /** In which the bot answered them last, of admins only. */
  readonly heardLocale?: string;
  /** Milliseconds since 1970; in the past when premium is over, absent when it never was. */
  readonly premiumUntilMs?: number;
};

export type Users = {
  find(id: number): Promise<User>;
  setLocale(id: number, locale: string): Promise<void>;
  /** The bot answers them in this language, whether they chose it or not. */
  hear(id: number, locale: string): Promise<void>;
  /** Adds days to what is left of the person's premium; until when it lasts then. The same `grant` is given once, as far as the last week goes. */
  addPremium(id: number, days: number, nowMs: number, grant?: string): Promise<number>;
  /** How many of a kind the person has asked for on the UTC day of `nowMs`, what was given back not counted. */
  usedToday(id: number, kind: JobKind, nowMs: number): Promise<number>;
};

/** The lane in which the person is served: premium as long as it lasts, or always for those that the operator names. */
export function laneOf({ id, premiumUntilMs = 0 }: User, premiumIds: ReadonlySet<number>, nowMs: number): Lane {
  return premiumIds.has(id) || premiumUntilMs > nowMs ? 'premium' : 'free';
}
