import type { CallCost, CallCosts } from '../../domain/costs.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { Emit } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';

const writeEveryMs = 1_000;
const retryMs = 1_000;

export type CostBufferOptions = {
  readonly costs: CallCosts;
  readonly clock: Pick<Clock, 'schedule'>;
  readonly emit: Emit;
};

/**
 * Writes what calls of clients cost once a second, all of it in one transaction: write-behind, so that no call waits
 * for the disk. A process that is killed loses the costs of the last second; one that stops loses none.
 */
export class CostBuffer implements AsyncDisposable {
  readonly #options: CostBufferOptions;
  #waiting: CallCost[] = [];
  #timer: Disposable | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: CostBufferOptions) {
    this.#options = options;
  }

  add(cost: CallCost): void {
    this.#waiting.push(cost);
    this.#timer ??= this.#options.clock.schedule(writeEveryMs, () => this.#start());
  }

  /** Writes what waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    await this.#write();
    // A database that refuses now is closed next.
    (this.#timer as Disposable | undefined)?.[Symbol.dispose]();
  }

  #start(): void {
    this.#writing = this.#write();
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    const written = this.#waiting;
    this.#waiting = [];
    if (written.length === 0) return;
    try {
      await this.#options.costs.add(written);
    } catch (error) {
      this.#waiting = [...written, ...this.#waiting];
      this.#timer ??= this.#options.clock.schedule(retryMs, () => this.#start());
      if (!isStorageRefusal(error)) this.#options.emit({ event: 'app.error', what: 'keep what calls cost', error });
    }
  }
}
