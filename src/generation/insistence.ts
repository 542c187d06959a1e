import type { Tell } from '../domain/events.ts';
import type { Clock } from '../kit/clock.ts';

const tryAgainMs = 1_000;
/** What is refused for an hour is left to the next start. */
const mostTries = 3_600;

/** Asks the engine again for as long as it refuses: what became of a job is not to be lost with a full disk. */
export class Insistence {
  readonly #clock: Clock;
  readonly #tell: Tell;
  readonly #ended = new AbortController();

  constructor(clock: Clock, tell: Tell) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Resolves with the work's answer; the first refusal is told. Throws the reason of the end. */
  async until<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await work();
      } catch (error) {
        if (failures === mostTries) throw error;
        if (failures === 0) this.#tell({ event: 'house.trouble', what, error });
      }
      await this.#clock.sleep(tryAgainMs, this.#ended.signal);
    }
  }

  /** Nothing is asked again any more. */
  end(reason: Error): void {
    this.#ended.abort(reason);
  }
}
