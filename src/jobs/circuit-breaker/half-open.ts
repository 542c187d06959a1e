import type { Random } from '../../kit/backoff.ts';

const shortestWaitMs = 1_000;
const longestWaitMs = 5_000;

/** When a silent provider may be asked again: by one call at a time, and the less often the longer it is silent. */
export class HalfOpenSchedule {
  readonly #monotonicMs: () => number;
  readonly #random: Random;
  #isOut = false;
  #failed = 0;
  #dueMs = 0;

  constructor(monotonicMs: () => number, random: Random) {
    this.#monotonicMs = monotonicMs;
    this.#random = random;
  }

  /** Until the next probe may go out; while one is out, until it is worth looking again. */
  get inMs(): number {
    return this.#isOut ? shortestWaitMs : Math.max(0, this.#dueMs - this.#monotonicMs());
  }

  get isDue(): boolean {
    return !this.#isOut && this.#monotonicMs() >= this.#dueMs;
  }

  begin(): void {
    this.#isOut = true;
  }

  /** A probe that failed puts the next one off; one that said nothing of the provider leaves it due. */
  end(failed: boolean): void {
    this.#isOut = false;
    if (!failed) return;
    this.#failed += 1;
    this.#dueMs = this.#monotonicMs() + probeWaitMs(this.#failed, this.#random);
  }

  /** The provider has just fallen silent, or stirs. */
  restart(): void {
    this.#failed = 0;
    this.#dueMs = this.#monotonicMs() + probeWaitMs(0, this.#random);
  }
}

/** One to five seconds, twice as long after each probe that failed, jittered by a quarter either way. */
export function probeWaitMs(failedProbes: number, random: Random): number {
  const jittered = shortestWaitMs * 2 ** Math.min(failedProbes, 9) * (0.75 + random() / 2);
  return Math.round(Math.min(longestWaitMs, Math.max(shortestWaitMs, jittered)));
}
