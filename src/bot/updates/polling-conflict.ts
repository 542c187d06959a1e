import type { Emit } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';

const retryMs = 5_000;
/** The wait of the later process between two polls. */
const newcomerRetryMs = 30_000;
/** The first polls follow quickly, since the other process usually is about to stop. */
const maxQuickRetries = 3;
/** A process counts as the first one after polling this long without a conflict. */
const establishedMs = 60_000;
/** A conflict is over after this long without one; the other process polls again after `retryMs`. */
const undisturbedMs = 2 * retryMs;

/** What takes the updates: another poll, or a webhook that somebody sets again and again. */
export type Contender = 'poll' | 'webhook';

/**
 * Two processes poll with one token, and each poll ends the other's; or one polls and the other sets a webhook. The first
 * process goes on; the later one waits and takes over when its polls are no longer ended. Each reports the start and the end
 * of the conflict once.
 */
export class PollingConflict {
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #startedAtMs: number;
  #conflictSinceMs: number | undefined;
  #lastConflictMs = 0;
  #conflicts = 0;
  #isEstablished = false;

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock;
    this.#emit = emit;
    this.#startedAtMs = clock.monotonicMs();
  }

  /** Another process took the updates; returns the milliseconds to wait before the next poll. */
  pollEnded(by: Contender = 'poll'): number {
    const nowMs = this.#clock.monotonicMs();
    if (this.#conflictSinceMs === undefined) {
      this.#isEstablished ||= nowMs - this.#startedAtMs >= establishedMs;
      this.#conflictSinceMs = nowMs;
      this.#conflicts = 0;
      this.#emit({ event: 'telegram.conflict', by, waits: !this.#isEstablished });
    }
    this.#conflicts += 1;
    this.#lastConflictMs = nowMs;
    return this.#isEstablished || this.#conflicts <= maxQuickRetries ? retryMs : newcomerRetryMs;
  }

  /** A poll was answered. */
  pollSucceeded(): void {
    if (this.#conflictSinceMs === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    // The other process may only be waiting for its next poll.
    if (nowMs - this.#lastConflictMs < undisturbedMs) return;
    this.#emit({ event: 'telegram.conflict-over', afterMs: nowMs - this.#conflictSinceMs });
    this.#conflictSinceMs = undefined;
    this.#isEstablished = true;
  }
}
