import type { Transformer } from 'grammy';
import type { Emit } from '../../domain/events.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { SendPace, SendPlaces } from '../../domain/shared/send-places.ts';
import type { Processes } from '../../domain/shared/processes.ts';
import { everything, pacing, type RateLimiter, type VisibleCall } from './rate-limiter.ts';

export type SharedPaceOptions = {
  readonly places: SendPlaces;
  readonly processes: Processes;
  readonly rateLimiter: RateLimiter;
  readonly emit: Emit;
};

/**
 * Telegram counts the calls of all processes of a bot together. So each call that shows something takes its place in the
 * database too, after the limits of this process have let it pass; and what Telegram asks one process to leave alone, all of
 * them do. While the database is away this process goes by its own limits.
 */
export class SharedPace {
  readonly #options: SharedPaceOptions;
  #isFailing = false;

  constructor(options: SharedPaceOptions) {
    this.#options = options;
    options.processes.onNews((news) => {
      if (news.kind === 'rest') options.rateLimiter.hold(news.place, news.forMs);
    });
  }

  /** Takes the place of a call in its chat; returns 0, or in how many milliseconds to ask again. */
  takeChat({ chatId, messages = 1 }: VisibleCall, isUrgent: boolean): Promise<number> {
    const perMinute = chatId < 0 ? { perMinute: pacing.group.max } : {};
    return this.#take({ place: chatId, messages, ...pacing.chat, ...perMinute, isUrgent });
  }

  /** The same for a message that nobody waits for, over all chats. */
  takeProactive(): Promise<number> {
    return this.#take({ place: everything, messages: 1, ...pacing.proactive, isUrgent: false });
  }

  /** The others leave the place alone as well. */
  rest(place: number | string, forMs: number): void {
    this.#options.processes.tell({ kind: 'rest', place, forMs });
  }

  async #take(pace: SendPace): Promise<number> {
    const { places, emit } = this.#options;
    try {
      const waitMs = await places.take(pace);
      this.#isFailing = false;
      return waitMs;
    } catch (error) {
      // The storage reports its outages itself.
      if (!this.#isFailing && !isStorageRefusal(error))
        emit({ event: 'app.error', what: 'take a place to send', error });
      this.#isFailing = true;
      return 0;
    }
  }
}

/** What any process may ask, and what is said of nobody's request. */
const unspoken = /^(?:get|setWebhook|deleteWebhook)/;

/**
 * Only the holder of the role `telegram` answers updates: a process that lost it, or wakes from a freeze, says nothing more
 * of them. This stands next to the connection, after every wait.
 */
export function onlyInRole(processes: Pick<Processes, 'termOf'>): Transformer {
  return async (prev, method, payload, signal) => {
    if (!unspoken.test(method) && processes.termOf('telegram') === undefined) {
      throw new Error(`Cannot call ${method}: another process answers updates now`);
    }
    return prev(method, payload, signal);
  };
}
