import type { Clock } from '../kit/clock.ts';

/** How long a call may take to end after its signal aborted. */
const stopPatienceMs = 30_000;

/** A call that did not end after its signal aborted; the caller stops waiting for it. */
export class StopTimeoutError extends Error {
  constructor() {
    super(`The call still ran ${stopPatienceMs / 1_000} s after its signal aborted`);
    this.name = 'StopTimeoutError';
  }
}

/**
 * The deadline of one call. Its signal aborts after `ms` with a TimeoutError, or with the parent's reason; a call that
 * does not end after that is abandoned. It uses one timer and one listener, because every call pays for them; disposing
 * it removes both.
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

  /** Returns the call's result; throws a StopTimeoutError when the call runs 30 s past the abort. */
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

/** The timeout is derived from latency only after this many measured calls. */
const minSamples = 20;

type TimeoutFacts = {
  readonly capMs: number;
  readonly leftMs: number;
  readonly latency: { readonly samples: number; readonly p99Ms: number } | undefined;
  /** The job has timed out before: its model may be starting cold, so the full cap applies. */
  readonly hasTimedOut: boolean;
};

/** The timeout of one call, in milliseconds: three times the p99 latency, at least a quarter of the configured cap. */
export function attemptTimeoutMs({ capMs, leftMs, latency, hasTimedOut }: TimeoutFacts): number {
  const isKnown = latency !== undefined && latency.samples >= minSamples && !hasTimedOut;
  const patienceMs = isKnown ? Math.max(capMs / 4, 3 * latency.p99Ms) : capMs;
  return Math.min(capMs, patienceMs, leftMs);
}
