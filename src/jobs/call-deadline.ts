import type { Clock } from '../kit/clock.ts';

/** So long has a call to end after it was told to. */
const stopPatienceMs = 30_000;

/** A call that goes on although it was told to stop: nobody waits for it any longer. */
export class StopTimeoutError extends Error {
  constructor() {
    super(`It went on for ${stopPatienceMs / 1_000} s after it was told to stop`);
    this.name = 'WentOn';
  }
}

/**
 * The time of one call: its signal aborts after `ms` as timed out, or with the parent's reason, and a call that does not
 * end even then is left behind. One timer and one listener do all of it, since every call pays for them; they go when it
 * is disposed.
 */
export class CallDeadline implements Disposable {
  readonly #abort = new AbortController();
  readonly #parent: AbortSignal;
  readonly #clock: Clock;
  readonly #passOn = () => this.#end(this.#parent.reason);
  #timer: Disposable;
  #leave: ((error: StopTimeoutError) => void) | undefined;

  constructor(ms: number, parent: AbortSignal, clock: Clock) {
    this.#parent = parent;
    this.#clock = clock;
    this.#timer = clock.schedule(ms, () => {
      this.#end(new DOMException(`The call took longer than ${Math.round(ms)} ms`, 'TimeoutError'));
    });
    if (parent.aborted) this.#passOn();
    else parent.addEventListener('abort', this.#passOn);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What the call answers; throws WentOn when it goes on for long after the signal aborted. */
  answerOf<Answer>(call: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#leave = reject;
      call.then(resolve, reject);
    });
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#parent.removeEventListener('abort', this.#passOn);
  }

  #end(reason: unknown): void {
    if (this.signal.aborted) return;
    this.#timer[Symbol.dispose]();
    this.#timer = this.#clock.schedule(stopPatienceMs, () => this.#leave?.(new StopTimeoutError()));
    this.#abort.abort(reason);
  }
}
