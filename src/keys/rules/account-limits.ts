import type { SeatRecord } from '../../domain/key-state.ts';

type Ceiling = NonNullable<SeatRecord['ceiling']>;

const firstHoldMs = 60_000;
export const maxHoldMs = 3_600_000;

/** The upper bound without a configured maximum. */
export const defaultMaxSeats = 64;

/**
 * The number of concurrent calls of an account: AIMD (additive increase) with a remembered ceiling:
 *
 *     the limit binds and a call succeeds ──► a fraction of a seat more (one whole seat a round)
 *     one too many is refused ──► what was carried without it, remembered as the ceiling
 *     at the ceiling ──► nothing grows for a while; then exactly one more is tried
 *         └──refused──► the ceiling again, for twice as long
 *         └──carried──► no ceiling any more
 *
 * Where the provider tells how many the account may carry, that many are carried at once and never more; refusals lower
 * the limit all the same, since others may use the account.
 */
export class ConcurrencyLimit {
  #limit: number;
  #ceiling: Ceiling | undefined;
  #max: number;
  #told: number | undefined;
  /** Time of the last refusal: a call sent before it does not disprove the ceiling. */
  #refusedMonotonicMs = -Infinity;
  /** The integer part of the limit. */
  seats: number;

  constructor(record: SeatRecord, max = defaultMaxSeats) {
    this.#max = max;
    this.#told = record.told;
    this.#limit = this.#within(record.limit);
    this.#ceiling = record.ceiling;
    this.seats = Math.floor(this.#limit);
  }

  record(): SeatRecord {
    return {
      limit: this.#limit,
      ...(this.#ceiling === undefined ? {} : { ceiling: this.#ceiling }),
      ...(this.#told === undefined ? {} : { told: this.#told }),
    };
  }

  get ceiling(): Ceiling | undefined {
    return this.#ceiling;
  }

  /** When one call above the ceiling may be tried; Infinity without a ceiling or during the trial. */
  get tryAtMs(): number {
    const ceiling = this.#ceiling;
    const mayTry = ceiling !== undefined && this.seats <= ceiling.seats && ceiling.seats < this.#within(Infinity);
    return mayTry ? ceiling.tryAtMs : Infinity;
  }

  /** Opens one seat above the ceiling once it is due. Returns whether it did. */
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
    // Simultaneous refusals count once: the hold grows only after a failed trial.
    const holdMs =
      before === undefined
        ? firstHoldMs
        : nowMs < before.tryAtMs
          ? before.holdMs
          : Math.min(maxHoldMs, before.holdMs * 2);
    this.#ceiling = { seats, tryAtMs: nowMs + holdMs, holdMs };
    this.#set(seats);
  }

  /** The provider says how many calls the account may carry. What it has said before changes nothing. */
  tell(seats: number): void {
    if (seats === this.#told || !Number.isInteger(seats) || seats < 1) return;
    this.#told = seats;
    this.#ceiling = undefined;
    this.#set(seats);
  }

  /** Sets the configured maximum. */
  setMax(max: number): void {
    this.#max = max;
    this.#set(this.#limit);
  }

  /** Takes over what another process learned of the account; its own seat in the making stays where it says nothing else. */
  takeOver(record: SeatRecord, monotonicMs: number): void {
    const { ceiling, told, limit } = record;
    // A call that was sent before does not disprove a ceiling that is new here.
    if (ceiling?.tryAtMs !== this.#ceiling?.tryAtMs) this.#refusedMonotonicMs = monotonicMs;
    this.#ceiling = ceiling;
    this.#told = told;
    this.#set(Math.floor(limit) === this.seats ? this.#limit : limit);
  }

  shift(byMs: number): void {
    const ceiling = this.#ceiling;
    if (ceiling !== undefined) this.#ceiling = { ...ceiling, tryAtMs: ceiling.tryAtMs + byMs };
  }

  #set(limit: number): void {
    this.#limit = this.#within(limit);
    this.seats = Math.floor(this.#limit);
  }

  /** At least one, and no more than is configured or told. */
  #within(limit: number): number {
    return Math.max(1, Math.min(this.#max, this.#told ?? Infinity, limit));
  }
}
