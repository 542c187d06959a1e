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
 * The rate limit for messages that no person waits for, over all chats of all processes; a turn allows one message. The process
 * asks the database for one turn at a time, however many chats wait. If each chat asked for itself, again with every turn, a
 * thousand chats would send 25,000 queries a second at the limit of 25 messages.
 */
export class ProactiveTurns implements Disposable {
  readonly #options: ProactiveTurnsOptions;
  readonly #onChange: () => void;
  #state: State = 'none';
  #timer: Disposable | undefined;

  /** `onChange` is called after each answer and each wait: then `take` may succeed. */
  constructor(options: ProactiveTurnsOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /** Takes a turn and returns true; false while there is none, and `onChange` is called later. */
  take(): boolean {
    if (this.#state === 'none') this.#askLimiter();
    if (this.#state !== 'ready') return false;
    this.#state = 'none';
    return true;
  }

  /** True while the database is asked for a turn. */
  get isAsking(): boolean {
    return this.#state === 'asking';
  }

  /** True while the next turn is not due. */
  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #askLimiter(): void {
    const waitMs = this.#options.rateLimiter.takeProactive();
    if (waitMs > 0) {
      this.#wait(waitMs, () => {
        this.#state = 'none';
        this.#onChange();
      });
    } else if (this.#options.sharedPace === undefined) this.#state = 'ready';
    else void this.#askDatabase(this.#options.sharedPace);
  }

  async #askDatabase(sharedPace: Pick<SharedPace, 'takeProactive'>): Promise<void> {
    this.#state = 'asking';
    const waitMs = await sharedPace.takeProactive();
    if (waitMs > 0) this.#wait(waitMs, () => void this.#askDatabase(sharedPace));
    else this.#state = 'ready';
    this.#onChange();
    // An unused turn expires: kept, it would allow a later second one message too many.
    if (this.#state === 'ready') this.#state = 'none';
  }

  #wait(ms: number, then: () => void): void {
    this.#state = 'waiting';
    this.#timer = this.#options.clock.schedule(ms, then);
  }
}
