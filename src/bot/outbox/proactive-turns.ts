import type { Clock } from '../../kit/clock.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { SharedPace } from './shared-pace.ts';

export type ProactiveTurnsOptions = {
  readonly rateLimiter: Pick<RateLimiter, 'takeProactive'>;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Absent where this process is alone. */
  readonly sharedPace?: Pick<SharedPace, 'takeProactive'> | undefined;
};

type State = 'none' | 'asking' | 'waiting' | 'ready';

/**
 * Turns of messages that nobody waits for, over all chats. However many chats wait, this process asks the others for one turn
 * at a time: if each chat asked for itself, a thousand of them would ask the database about everyone's next turn 25,000
 * times a second.
 */
export class ProactiveTurns implements Disposable {
  readonly #options: ProactiveTurnsOptions;
  readonly #onChange: () => void;
  #state: State = 'none';
  #timer: Disposable | undefined;

  /** `onChange` is called when it is worth asking again. */
  constructor(options: ProactiveTurnsOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /** Takes a turn; false while there is none, and then `onChange` is called. */
  take(): boolean {
    if (this.#state === 'none') this.#askHere();
    if (this.#state !== 'ready') return false;
    this.#state = 'none';
    return true;
  }

  /** True while the others are asked. */
  get isAsking(): boolean {
    return this.#state === 'asking';
  }

  /** True until the time of the next turn. */
  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #askHere(): void {
    const waitMs = this.#options.rateLimiter.takeProactive();
    if (waitMs > 0) {
      this.#wait(waitMs, () => {
        this.#state = 'none';
        this.#onChange();
      });
    } else if (this.#options.sharedPace === undefined) this.#state = 'ready';
    else void this.#askOthers(this.#options.sharedPace);
  }

  async #askOthers(sharedPace: Pick<SharedPace, 'takeProactive'>): Promise<void> {
    this.#state = 'asking';
    const waitMs = await sharedPace.takeProactive();
    if (waitMs > 0) this.#wait(waitMs, () => void this.#askOthers(sharedPace));
    else this.#state = 'ready';
    this.#onChange();
    // A turn that nobody takes is not kept for later: then it would be one too many.
    if (this.#state === 'ready') this.#state = 'none';
  }

  #wait(ms: number, then: () => void): void {
    this.#state = 'waiting';
    this.#timer = this.#options.clock.schedule(ms, then);
  }
}
