/** After this many consecutive faults the budget limits retries. */
const maxFreeFaults = 20;
const retriesPerFirstCall = 0.1;
const maxSavedRetries = 10;

/**
 * The retry budget of one provider. Retries are free until its last twenty calls all failed; from then on they are at
 * most a tenth of the first calls.
 */
export class RetryBudget {
  #faultsInARow = 0;
  #savedRetries = 0;

  /** Records the first call of a job to a candidate. */
  noteFirst(): void {
    this.#savedRetries = Math.min(maxSavedRetries, this.#savedRetries + retriesPerFirstCall);
  }

  noteSuccess(): void {
    this.#faultsInARow = 0;
  }

  noteFault(): void {
    this.#faultsInARow += 1;
  }

  /** True when one more retry is allowed; a retry that is not free is taken from the budget. */
  take(): boolean {
    if (this.#faultsInARow < maxFreeFaults) return true;
    // Ten times 0.1 is slightly less than 1 in floating point.
    if (this.#savedRetries < 1 - 1e-9) return false;
    this.#savedRetries -= 1;
    return true;
  }
}
