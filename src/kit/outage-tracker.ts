import type { Clock } from './clock.ts';

const minQuietMs = 2_000;
const maxQuietMs = 60_000;
/** An outage that returns this soon after its end has to be quiet for longer. */
const relapseMs = 60_000;

export type OutageTrackerOptions = {
  readonly clock: Clock;
  readonly onBegin: (error: unknown) => void;
  readonly onEnd: (lastedMs: number) => void;
  /** Tries again what was refused; returns whether it succeeded. Called during an outage. */
  readonly isOver: () => boolean;
};

/**
 * Reports the beginning of an outage once, however many errors follow, and its end once: when no error came for a while
 * and a try succeeds. The quiet time that is needed doubles each time an outage returns, up to a minute.
 */
export class OutageTracker implements Disposable {
  readonly #options: OutageTrackerOptions;
  #beganAtMonotonicMs: number | undefined;
  #failedAtMonotonicMs = 0;
  #endedAtMonotonicMs = -Infinity;
  #quietMs = minQuietMs;
  #check: Disposable | undefined;

  constructor(options: OutageTrackerOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#beganAtMonotonicMs !== undefined;
  }

  recordFailure(error: unknown): void {
    const { clock, onBegin } = this.#options;
    const monotonicMs = clock.monotonicMs();
    this.#failedAtMonotonicMs = monotonicMs;
    if (this.#beganAtMonotonicMs !== undefined) return;
    const isRelapse = monotonicMs - this.#endedAtMonotonicMs < relapseMs;
    this.#quietMs = isRelapse ? Math.min(this.#quietMs * 2, maxQuietMs) : minQuietMs;
    this.#beganAtMonotonicMs = monotonicMs;
    this.#checkIn(this.#quietMs);
    onBegin(error);
  }

  [Symbol.dispose](): void {
    this.#check?.[Symbol.dispose]();
  }

  #checkIn(ms: number): void {
    this.#check = this.#options.clock.schedule(ms, () => this.#checkAgain());
  }

  #checkAgain(): void {
    const { clock, isOver, onEnd } = this.#options;
    const quietMs = clock.monotonicMs() - this.#failedAtMonotonicMs;
    if (quietMs < this.#quietMs) return this.#checkIn(this.#quietMs - quietMs);
    if (!isOver()) return this.#checkIn(minQuietMs);
    this.#endedAtMonotonicMs = clock.monotonicMs();
    const lastedMs = this.#endedAtMonotonicMs - (this.#beganAtMonotonicMs ?? this.#endedAtMonotonicMs);
    this.#beganAtMonotonicMs = undefined;
    onEnd(lastedMs);
  }
}
