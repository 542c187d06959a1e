import type { Clock } from './clock.ts';

const leastQuietMs = 2_000;
const mostQuietMs = 60_000;
/** Trouble that comes back so soon after its end is waited out for longer. */
const relapseMs = 60_000;

export type TroubleWatchOptions = {
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
export class TroubleWatch implements Disposable {
  readonly #options: TroubleWatchOptions;
  #beganUpMs: number | undefined;
  #metUpMs = 0;
  #endedUpMs = -Infinity;
  #quietMs = leastQuietMs;
  #look: Disposable | undefined;

  constructor(options: TroubleWatchOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#beganUpMs !== undefined;
  }

  meet(error: unknown): void {
    const { clock, onBegin } = this.#options;
    const upMs = clock.uptimeMs();
    this.#metUpMs = upMs;
    if (this.#beganUpMs !== undefined) return;
    const isRelapse = upMs - this.#endedUpMs < relapseMs;
    this.#quietMs = isRelapse ? Math.min(this.#quietMs * 2, mostQuietMs) : leastQuietMs;
    this.#beganUpMs = upMs;
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
    const quietMs = clock.uptimeMs() - this.#metUpMs;
    if (quietMs < this.#quietMs) return this.#lookIn(this.#quietMs - quietMs);
    if (!isOver()) return this.#lookIn(leastQuietMs);
    this.#endedUpMs = clock.uptimeMs();
    const lastedMs = this.#endedUpMs - (this.#beganUpMs ?? this.#endedUpMs);
    this.#beganUpMs = undefined;
    onEnd(lastedMs);
  }
}
