import type { Clock } from './clock.ts';

const leastQuietMs = 2_000;
const mostQuietMs = 60_000;
/** Trouble that comes back so soon after its end is waited out for longer. */
const relapseMs = 60_000;

export type OutageTrackerOptions = {
  readonly clock: Clock;
  readonly onBegin: (error: unknown) => void;
  readonly onEnd: (lastedMs: number) => void;
  /** Tries again what was refused; answers whether it went well. Asked while there is trouble. */
  readonly isOver: () => boolean;
};

/**
 * Says once that trouble begins, however often it is met, and once that it is over: when nothing was refused for a while
 * and a try goes well. Trouble that comes and goes has to stay away for longer each time, up to a minute.
 */
export class OutageTracker implements Disposable {
  readonly #options: OutageTrackerOptions;
  #beganMonotonicMs: number | undefined;
  #metMonotonicMs = 0;
  #endedMonotonicMs = -Infinity;
  #quietMs = leastQuietMs;
  #look: Disposable | undefined;

  constructor(options: OutageTrackerOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#beganMonotonicMs !== undefined;
  }

  meet(error: unknown): void {
    const { clock, onBegin } = this.#options;
    const monotonicMs = clock.monotonicMs();
    this.#metMonotonicMs = monotonicMs;
    if (this.#beganMonotonicMs !== undefined) return;
    const isRelapse = monotonicMs - this.#endedMonotonicMs < relapseMs;
    this.#quietMs = isRelapse ? Math.min(this.#quietMs * 2, mostQuietMs) : leastQuietMs;
    this.#beganMonotonicMs = monotonicMs;
    this.#lookIn(this.#quietMs);
    onBegin(error);
  }

  [Symbol.dispose](): void {
    this.#look?.[Symbol.dispose]();
  }

  #lookIn(ms: number): void {
    this.#look = this.#options.clock.schedule(ms, () => this.#lookAgain());
  }

  #lookAgain(): void {
    const { clock, isOver, onEnd } = this.#options;
    const quietMs = clock.monotonicMs() - this.#metMonotonicMs;
    if (quietMs < this.#quietMs) return this.#lookIn(this.#quietMs - quietMs);
    if (!isOver()) return this.#lookIn(leastQuietMs);
    this.#endedMonotonicMs = clock.monotonicMs();
    const lastedMs = this.#endedMonotonicMs - (this.#beganMonotonicMs ?? this.#endedMonotonicMs);
    this.#beganMonotonicMs = undefined;
    onEnd(lastedMs);
  }
}
