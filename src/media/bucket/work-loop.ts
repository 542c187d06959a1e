import { backoffMs, type Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';

/** One piece of work; `failed` is worth another try later. */
export type Step = () => Promise<'done' | 'failed'>;

export type WorkLoopOptions = {
  readonly atOnce: number;
  /** Finds the next step that does not run yet; undefined when there is none. */
  readonly next: () => Promise<Step | undefined>;
  readonly clock: Clock;
  readonly random: Random;
  readonly closing: AbortSignal;
  readonly onError: (error: unknown) => void;
};

const retryRules = { baseMs: 1_000, capMs: 300_000 } as const;

/**
 * Runs steps as long as there are some, and looks for more when it is woken. After a failure it pauses, longer after each
 * further one, and then runs one step at a time until one succeeds.
 */
export class WorkLoop {
  readonly #options: WorkLoopOptions;
  readonly #running = new Set<Promise<void>>();
  #failures = 0;
  #pause: Disposable | undefined;
  #looking: Promise<void> | undefined;
  #isWoken = false;

  constructor(options: WorkLoopOptions) {
    this.#options = options;
  }

  /** In a row. */
  get failures(): number {
    return this.#failures;
  }

  wake(): void {
    this.#isWoken = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      // Woken after the last look, and before this.
      if (this.#isWoken && this.#hasRoom()) this.wake();
    });
  }

  /** Resolves when nothing runs any more; the closing signal has to be aborted before. */
  async idle(): Promise<void> {
    this.#pause?.[Symbol.dispose]();
    await this.#looking;
    await Promise.all(this.#running);
  }

  async #look(): Promise<void> {
    const { next, onError } = this.#options;
    while (this.#isWoken && this.#hasRoom()) {
      this.#isWoken = false;
      try {
        const step = await next();
        if (step === undefined) continue;
        this.#isWoken = true;
        this.#start(step);
      } catch (error) {
        onError(error);
        this.#rest();
      }
    }
  }

  #hasRoom(): boolean {
    const { atOnce, closing } = this.#options;
    if (closing.aborted || this.#pause !== undefined) return false;
    return this.#running.size < (this.#failures > 0 ? 1 : atOnce);
  }

  #start(step: Step): void {
    const work = this.#run(step).finally(() => {
      this.#running.delete(work);
      this.wake();
    });
    this.#running.add(work);
  }

  async #run(step: Step): Promise<void> {
    try {
      if ((await step()) === 'done') this.#failures = 0;
      else this.#rest();
    } catch (error) {
      this.#options.onError(error);
      this.#rest();
    }
  }

  #rest(): void {
    const { clock, random, closing } = this.#options;
    this.#failures += 1;
    this.#pause?.[Symbol.dispose]();
    this.#pause = closing.aborted
      ? undefined
      : clock.schedule(backoffMs(this.#failures, retryRules, random), () => {
          this.#pause = undefined;
          this.wake();
        });
  }
}
