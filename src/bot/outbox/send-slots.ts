import type { Clock } from '../../kit/clock.ts';

/** Calls that were begun a moment ago; statuses leave some of the slots to answers. */
const maxConcurrentSends = 32;
const maxConcurrentStatuses = 24;
/** A call that is silent for longer takes no slot: a slow chat delays no other. */
const silentAfterMs = 200;
/** Calls without an answer, silent ones too: Telegram refuses some of a hundred simultaneous uploads. */
const maxUnanswered = 90;
/** A call that is silent for longer is no longer counted. */
const lostAfterMs = 3_000;

/** How many calls may run at once. A call takes a slot until it is answered or falls silent. */
export class SendSlots {
  readonly #clock: Clock;
  readonly #onRoom: () => void;
  #lively = 0;
  #unanswered = 0;

  /** `onRoom` is called when a call has fallen silent, not when one has ended. */
  constructor(clock: Clock, onRoom: () => void) {
    this.#clock = clock;
    this.#onRoom = onRoom;
  }

  hasRoom(isStatus: boolean): boolean {
    const max = isStatus ? maxConcurrentStatuses : maxConcurrentSends;
    return this.#lively < max && this.#unanswered < maxUnanswered;
  }

  /** Counts a call that begins now; dispose it when the call has ended. */
  take(): Disposable {
    this.#lively += 1;
    this.#unanswered += 1;
    let state: 'lively' | 'silent' | 'lost' = 'lively';
    let timer = this.#clock.schedule(silentAfterMs, () => {
      state = 'silent';
      this.#lively -= 1;
      timer = this.#clock.schedule(lostAfterMs - silentAfterMs, () => {
        state = 'lost';
        this.#unanswered -= 1;
        this.#onRoom();
      });
      this.#onRoom();
    });
    return {
      [Symbol.dispose]: () => {
        timer[Symbol.dispose]();
        if (state === 'lively') this.#lively -= 1;
        if (state !== 'lost') this.#unanswered -= 1;
      },
    };
  }
}
