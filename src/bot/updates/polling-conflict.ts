import type { Emit } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';

const restMs = 5_000;
/** Whoever came second leaves the first in peace for this long between two looks whether it has gone. */
const newcomerRetryMs = 30_000;
/** So many looks soon after another: mostly the other one is only about to leave. */
const maxQuickRetries = 3;
/** A process that has polled this long without being disturbed is no newcomer. */
const establishedMs = 60_000;
/** A poll that was disturbed is answered sooner than this; the other one looks again after `restMs`. */
const undisturbedMs = 2 * restMs;

/**
 * Two processes with one token: each poll ends the other's. The one that was there first goes on, the newcomer waits and
 * takes over when nobody ends its polls any more. Each says once that it begins, and once that it is over.
 */
export class PollingConflict {
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #beganUpMs: number;
  #sinceUpMs: number | undefined;
  #lastUpMs = 0;
  #lost = 0;
  #isEstablished = false;

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock;
    this.#emit = emit;
    this.#beganUpMs = clock.monotonicMs();
  }

  /** Somebody else's poll ended ours; answers how long to rest before the next one. */
  lose(): number {
    const nowMs = this.#clock.monotonicMs();
    if (this.#sinceUpMs === undefined) {
      this.#isEstablished ||= nowMs - this.#beganUpMs >= establishedMs;
      this.#sinceUpMs = nowMs;
      this.#lost = 0;
      this.#emit({ event: 'telegram.conflict', waits: !this.#isEstablished });
    }
    this.#lost += 1;
    this.#lastUpMs = nowMs;
    return this.#isEstablished || this.#lost <= maxQuickRetries ? restMs : newcomerRetryMs;
  }

  /** A poll was answered. */
  win(): void {
    if (this.#sinceUpMs === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    // The answer may have come before the other one looked.
    if (nowMs - this.#lastUpMs < undisturbedMs) return;
    this.#emit({ event: 'telegram.conflict-over', afterMs: nowMs - this.#sinceUpMs });
    this.#sinceUpMs = undefined;
    this.#isEstablished = true;
  }
}
