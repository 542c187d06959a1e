import type { JobKind, Lane } from '../kinds.ts';

/** A program of the operator's that asks through the gateway, as its file describes it. */
export type ApiClient = {
  /** A letter or digit, then letters, digits, dots, hyphens and underscores; at most 64. */
  readonly name: string;
  /** SHA-256 of its token, as 64 hex digits. */
  readonly tokenHash: string;
  /** What it may ask for; everything when absent. */
  readonly kinds?: readonly JobKind[];
  /** The most that it may spend in one UTC day, in US dollars; no limit when absent. */
  readonly budgetPerDay?: number;
  readonly lane: Lane;
  /** Calls in one minute; no limit when absent. */
  readonly ratePerMinute?: number;
  /** Calls that run at once, the others wait; no limit when absent. */
  readonly running?: number;
  /** Where the endings of its calls are told. */
  readonly webhook?: string;
};

/** The clients of this moment. */
export type ApiClients = {
  /** The client with this token; undefined where there is none. The comparison takes no longer for a better guess. */
  withToken(token: string): ApiClient | undefined;
  list(): readonly ApiClient[];
};

/**
 * A client is a person to the lanes, the budgets and the costs. Its number is negative, so that it is nobody in Telegram;
 * it stays the same as long as its name does.
 */
export type ClientNumbers = {
  numberOf(name: string): Promise<number>;
  /** The names by number. */
  names(): Promise<ReadonlyMap<number, string>>;
};

/** True for the number of a client in the place of a person's. */
export function isClientNumber(userId: number): boolean {
  return userId < 0;
}
