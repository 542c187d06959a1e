import type { SeatRecord } from '../../domain/key-state.ts';

type Ceiling = NonNullable<SeatRecord['ceiling']>;

const firstHoldMs = 60_000;
const longestHoldMs = 3_600_000;

/** Nothing of ours needs more, whatever an account carries. */
export const defaultMostSeats = 64;

/**
 * How many calls an account carries at once, found by asking:
 *
 *     the limit binds and a call succeeds ──► a fraction of a seat more (one whole seat a round)
 *     one too many is refused ──► what was carried without it, remembered as the ceiling
 *     at the ceiling ──► nothing grows for a while; then exactly one more is tried
 *         └──refused──► the ceiling again, for twice as long
 *         └──carried──► no ceiling any more
 */
export class ConcurrencyLimit {
  #limit: number;
  #ceiling: Ceiling | undefined;
  #most: number;
  /** When a refusal was last heard: calls that were sent before say nothing against the ceiling that it set. */
  #refusedMonotonicMs = -Infinity;
  /** Whole calls that may be carried at once. */
  seats: number;

  constructor(record: SeatRecord, most = defaultMostSeats) {
    this.#most = most;
    this.#limit = Math.max(1, Math.min(most, record.limit));
    this.#ceiling = record.ceiling;
    this.seats = Math.floor(this.#limit);
  }

  record(): SeatRecord {
    const ceiling = this.#ceiling;
    return ceiling === undefined ? { limit: this.#limit } : { limit: this.#limit, ceiling };
  }

  get ceiling(): Ceiling | undefined {
    return this.#ceiling;
  }

  /** When one more than the ceiling is tried; never when nothing holds the limit down, or it is being tried. */
  get tryAtMs(): number {
    const ceiling = this.#ceiling;
    const mayTry = ceiling !== undefined && this.seats <= ceiling.seats && ceiling.seats < this.#most;
    return mayTry ? ceiling.tryAtMs : Infinity;
  }

  /** Opens the one seat above the ceiling when its time has come; answers whether it did. */
  review(nowMs: number): boolean {
    const ceiling = this.#ceiling;
    if (ceiling === undefined || nowMs < this.tryAtMs) return false;
    this.#set(ceiling.seats + 1);
    return true;
  }

  /**
   * A call succeeded: `inFlightAtEnd` calls were in flight when it ended, `inFlightAtStart` when it began, itself included. Only a call
   * that was sent as the one above the ceiling shows that there is none. Calls do not reach the provider in the order in
   * which they were counted, so one that was sent before the refusal may simply be the one that was served.
   */
  succeeded(inFlightAtEnd: number, inFlightAtStart: number, begunMonotonicMs: number): void {
    if (this.#ceiling !== undefined) {
      if (inFlightAtStart <= this.#ceiling.seats || begunMonotonicMs <= this.#refusedMonotonicMs) return;
      this.#ceiling = undefined;
    }
    if (inFlightAtEnd >= this.seats || inFlightAtStart >= this.seats) this.#set(this.#limit + 1 / this.#limit);
  }

  /** A call was refused because others were under way, at most `carried` of them ours. */
  refused(inFlightAtEnd: number, nowMs: number, monotonicMs: number): void {
    this.#refusedMonotonicMs = monotonicMs;
    const seats = Math.max(1, Math.min(this.seats, inFlightAtEnd));
    const before = this.#ceiling;
    // Several refusals at once are one discovery: the hold grows only when a trial after it failed.
    const holdMs =
      before === undefined
        ? firstHoldMs
        : nowMs < before.tryAtMs
          ? before.holdMs
          : Math.min(longestHoldMs, before.holdMs * 2);
    this.#ceiling = { seats, tryAtMs: nowMs + holdMs, holdMs };
    this.#set(seats);
  }

  /** An operator's word: nothing may exceed it. */
  setMost(most: number): void {
    this.#most = most;
    this.#set(this.#limit);
  }

  shift(byMs: number): void {
    const ceiling = this.#ceiling;
    if (ceiling !== undefined) this.#ceiling = { ...ceiling, tryAtMs: ceiling.tryAtMs + byMs };
  }

  #set(limit: number): void {
    this.#limit = Math.max(1, Math.min(this.#most, limit));
    this.seats = Math.floor(this.#limit);
  }
}
