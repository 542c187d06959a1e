import type { ChatLimit, ChatStore } from '../../domain/chat-store.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Job, Origin } from '../../domain/job.ts';
import { type JobKind, traitsOf } from '../../domain/kinds.ts';
import { atMost, type Clock } from '../../kit/clock.ts';

/** How long a job waits, with its key, for the first answer to its person. */
const maxWaitMs = 1_000;
/** After a first answer took longer, Telegram is slow: for so long no job waits for one. */
const slowForMs = 30_000;

export type WayBackOptions = {
  readonly chats: ChatStore;
  readonly clock: Clock;
};

/**
 * Whether the bot may write to who asked. It is asked before a provider is: the first answer to a request shows that a
 * chat is closed before anything is paid.
 */
export class WayBack {
  readonly #chats: ChatStore;
  readonly #clock: Clock;
  readonly #firstAnswers = new Map<JobId, Promise<void>>();
  #slowUntilMs = 0;

  constructor({ chats, clock }: WayBackOptions) {
    this.#chats = chats;
    this.#clock = clock;
  }

  /** The first answer to this request is about to be sent; dispose it when Telegram has taken or refused it. */
  expectAnswer(id: JobId): Disposable {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#firstAnswers.set(id, promise);
    return {
      [Symbol.dispose]: () => {
        this.#firstAnswers.delete(id);
        resolve();
      },
    };
  }

  /** Whether the outcome of the job could be shown now. */
  async isOpen({ id, origin }: Job): Promise<boolean> {
    await this.#answered(id);
    const { chatId, threadId } = origin;
    if ((await this.#chats.find(chatId)).isClosed) return false;
    return threadId === undefined || !(await this.#limits(chatId)).has(topicLimit(threadId));
  }

  /** Whether a result of the kind may be sent in the chat, as far as that is known. */
  async mayCarry(kind: JobKind, { chatId }: Pick<Origin, 'chatId'>): Promise<boolean> {
    return !(await this.#limits(chatId)).has(carrierLimit(kind));
  }

  #limits(chatId: number): Promise<ReadonlySet<string>> {
    return this.#chats.limits(chatId, this.#clock.now());
  }

  async #answered(id: JobId): Promise<void> {
    const answer = this.#firstAnswers.get(id);
    if (answer === undefined || this.#clock.monotonicMs() < this.#slowUntilMs) return;
    await atMost(this.#clock, maxWaitMs, answer);
    if (this.#firstAnswers.has(id)) this.#slowUntilMs = this.#clock.monotonicMs() + slowForMs;
  }
}

export function topicLimit(threadId: number): ChatLimit {
  return `topic ${threadId}`;
}

export function carrierLimit(kind: JobKind): ChatLimit {
  return `carrier ${traitsOf(kind).carrier}`;
}
