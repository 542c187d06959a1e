import type { Clock } from '../../kit/clock.ts';

/**
 * The pool's time: milliseconds since 1970 that go on evenly when somebody sets the machine's clock, until the pool is
 * told by how much; so that no rest ends by a jump.
 */
export class PoolClock {
  readonly #clock: Clock;
  #aheadMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#aheadMs = clock.now() - clock.monotonicMs();
  }

  /** Time that really passed; for all that is measured and never kept. */
  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  /** Milliseconds since 1970 at `monotonicMs`. */
  wallMs(monotonicMs: number = this.#clock.monotonicMs()): number {
    return Math.round(monotonicMs + this.#aheadMs);
  }

  shift(byMs: number): void {
    this.#aheadMs += byMs;
  }
}

/** Answers, each time it is asked, by how much the machine's clock was set since it was asked before. */
export function clockJumps(clock: Clock): () => number {
  let aheadMs = clock.now() - clock.monotonicMs();
  return () => {
    const beforeMs = aheadMs;
    aheadMs = clock.now() - clock.monotonicMs();
    return aheadMs - beforeMs;
  };
}
