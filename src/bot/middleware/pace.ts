/** Telegram's dates may step back by this much, when updates of two servers arrive. */
const maxStepBackMs = 60_000;

/**
 * How much time has passed for one person or group: the larger of what the dates of their messages say and what our clock
 * says. After a downtime many messages arrive at once that were written over hours, and each counts as if it had arrived
 * when it was written. Only differences of dates are used, so it does not matter whether the two clocks agree.
 */
export class Pace {
  readonly #startedAtMs: number;
  #seenAtMs: number;
  #passedMs = 0;
  /** The date at which nothing had passed. */
  #dateStartMs: number | undefined;
  #lastDateMs = 0;

  constructor(nowMs: number) {
    this.#startedAtMs = nowMs;
    this.#seenAtMs = nowMs;
  }

  /** Milliseconds that have passed when this request was made; never less than before. */
  advance(nowMs: number, dateMs?: number): number {
    const sinceLastMs = Math.max(0, nowMs - this.#seenAtMs);
    this.#seenAtMs = nowMs;
    this.#passedMs = Math.max(this.#passedMs, nowMs - this.#startedAtMs);
    if (dateMs !== undefined && this.#mustStartDates(dateMs)) {
      this.#dateStartMs = dateMs - this.#passedMs;
      this.#lastDateMs = dateMs;
    } else if (this.#dateStartMs !== undefined) {
      this.#lastDateMs = Math.max(this.#lastDateMs, dateMs ?? this.#lastDateMs + sinceLastMs);
      this.#passedMs = Math.max(this.#passedMs, this.#lastDateMs - this.#dateStartMs);
    }
    return this.#passedMs;
  }

  /** With the first date, and when dates step back far: an earlier one was wrong. */
  #mustStartDates(dateMs: number): boolean {
    return this.#dateStartMs === undefined || dateMs < this.#lastDateMs - maxStepBackMs;
  }
}
