import type { JobKind } from './kinds.ts';
import type { JobId } from './ids.ts';
import type { Preferences } from './personal/preferences.ts';

/** What is known of a person. */
export type User = {
  readonly id: number;
  /** What they chose by /language; without it the one Telegram reports applies. */
  readonly locale?: string;
  /** In which the bot answered them last, of admins only. */
  readonly heardLocale?: string;
  /** The model that they chose for a kind, for requests that name none. */
  readonly models?: Readonly<Partial<Record<JobKind, string>>>;
  /** What they chose for all requests; absent when nothing. */
  readonly preferences?: Preferences;
  /** Milliseconds since 1970; in the past when premium is over, absent when it never was. */
  readonly premiumUntilMs?: number;
};

export type Users = {
  find(id: number): Promise<User>;
  setLocale(id: number, locale: string): Promise<void>;
  /** Stores the models that they chose; those of before count no more. */
  setModels(id: number, models: NonNullable<User['models']>): Promise<void>;
  /** Stores the preferences; those of before count no more. */
  setPreferences(id: number, preferences: Preferences): Promise<void>;
  /** Stores the language in which the bot last answered them, chosen or not. */
  hear(id: number, locale: string): Promise<void>;
  /** Everybody whose language was stored so: those who are or were admins. */
  heard(): Promise<readonly number[]>;
  unhear(id: number): Promise<void>;
  /** Adds days to what is left of the person's premium; until when it lasts then. The same `grant` is given once, as far as the last week goes. */
  addPremium(id: number, days: number, nowMs: number, grant?: string): Promise<number>;
  /** How many of a kind the person has asked for on the day of `nowMs`, what was given back not counted. */
  usedToday(id: number, kind: JobKind, nowMs: number): Promise<number>;
  /** The same of every kind. */
  usedOfEachToday(id: number, nowMs: number): Promise<Readonly<Record<JobKind, number>>>;
};

/** What is kept of people, and how it goes. Whatever takes long is done a few rows at a time. */
export type PersonalData = {
  /**
   * Takes the words of the person's ended requests and whatever else was kept of them, and marks the requests for `drop`;
   * answers how many. Open ones are to be cancelled first. What keeps others safe stays, without words: today's counters,
   * a premium that is not over, update ids.
   */
  mark(userId: number, nowMs: number): Promise<number>;
  /** How many marked jobs are not told yet. */
  pendingErasure(): Promise<number>;
  /** Some of the jobs that may go: told and marked, or told at or before the moment given; the oldest first. */
  expired(toldBeforeMs: number, atMost: number): Promise<readonly JobId[]>;
  /** Deletes the jobs with everything that was kept of them; their files are to be gone by then. */
  drop(ids: readonly JobId[], nowMs: number): Promise<void>;
  /** Whether anything of the job is kept. */
  exists(id: JobId): Promise<boolean>;
  /** Whether the job's file may still be shown, or shall be. */
  needsFile(id: JobId): Promise<boolean>;
  /** Takes the words of updates that could not be handled, and counters of days gone by of people who are forgotten. */
  trim(keptBeforeMs: number, nowMs: number): Promise<void>;
};
