/** So many calls in a row without a success, and the provider is taken to have stopped answering. */
const silentCalls = 20;
const shareOfFirsts = 0.1;
const mostSaved = 10;

/**
 * How many second tries one provider may be asked for. While it answers at all they are free: the budget never costs a
 * request. Without a success in its last twenty calls they are at most a tenth of the first attempts.
 */
export class RetryBudget {
  #callsInVain = 0;
  #saved = 0;

  /** A job's first call of a candidate goes out. */
  noteFirst(): void {
    this.#saved = Math.min(mostSaved, this.#saved + shareOfFirsts);
  }

  noteSuccess(): void {
    this.#callsInVain = 0;
  }

  noteFault(): void {
    this.#callsInVain += 1;
  }

  /** May one more retry go out? A yes spends what it costs. */
  take(): boolean {
    if (this.#callsInVain < silentCalls) return true;
    // A tenth, added ten times, is a hair less than one.
    if (this.#saved < 1 - 1e-9) return false;
    this.#saved -= 1;
    return true;
  }
}
