import type { Clock } from '../../kit/clock.ts';

/** On a slow disk so many commits may wait for it at once, each begun at least this long after the one before. */
const maxOverlapping = 4;
const spacingMs = 2;
/** A disk is slow where the quickest of this many flushes took longer than this: the event loop alone is not always slow. */
const trialFlushes = 32;
const maxQuickMs = 5;

/**
 * The commits that wait for the disk. On a quick disk that is one at a time, and what comes meanwhile shares the next. On a
 * slow one the next commit begins before the disk has taken the one before, and is done after it.
 */
export class Flushes {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'schedule'>;
  readonly #onRoom: () => void;
  #running = 0;
  #last: Promise<unknown> = Promise.resolve();
  #mayOverlap = false;
  #isSlow = false;
  #quickestMs = Infinity;
  #tried = 0;

  /** `onRoom` is called when a commit may begin beside another, not when one has ended. */
  constructor(clock: Pick<Clock, 'monotonicMs' | 'schedule'>, onRoom: () => void) {
    this.#clock = clock;
    this.#onRoom = onRoom;
  }

  /** Nothing waits for the disk. */
  get areOver(): boolean {
    return this.#running === 0;
  }

  /** A commit may begin now. */
  get hasRoom(): boolean {
    return this.areOver || (this.#mayOverlap && this.#running < maxOverlapping);
  }

  /** Resolves when this flush and every earlier one is done; rejects when one of them has failed. */
  async wait(flush: Promise<void>): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    // What was committed later may follow from what was committed before.
    const flushed = this.#running === 0 ? flush : Promise.all([this.#last, flush]);
    this.#last = flushed;
    this.#running += 1;
    this.#mayOverlap = false;
    if (this.#isSlow) this.#clock.schedule(spacingMs, () => this.#makeRoom());
    try {
      await flushed;
    } finally {
      this.#running -= 1;
      this.#noteTime(this.#clock.monotonicMs() - startedMs);
    }
  }

  #makeRoom(): void {
    this.#mayOverlap = true;
    if (this.#running > 0) this.#onRoom();
  }

  #noteTime(ms: number): void {
    this.#quickestMs = Math.min(this.#quickestMs, ms);
    this.#tried += 1;
    if (this.#tried < trialFlushes) return;
    this.#isSlow = this.#quickestMs > maxQuickMs;
    this.#tried = 0;
    this.#quickestMs = Infinity;
  }
}
