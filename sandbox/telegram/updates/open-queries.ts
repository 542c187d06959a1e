import { randomInt } from 'node:crypto';
import type { Clock } from '../../../src/kit/clock.ts';
import { badRequest } from '../api-error.ts';

/** How a pressed button was answered. */
export type CallbackAnswer =
  | { readonly kind: 'answered'; readonly text?: string; readonly showAlert: boolean; readonly url?: string }
  | { readonly kind: 'expired' };

export type OpenQuery = { readonly chatId: number; readonly userId: number };

/** One offered result, a file that Telegram keeps. */
export type InlineResult = {
  readonly id: string;
  readonly type: string;
  readonly fileId: string;
  readonly title?: string;
};

/** What a person sees over the text field after they typed the bot's name and words. */
export type InlineAnswer = {
  readonly results: readonly InlineResult[];
  readonly nextOffset: string;
  readonly isPersonal: boolean;
  readonly cacheS: number;
  /** Opens the private chat with `/start <parameter>`. */
  readonly button?: { readonly text: string; readonly parameter: string };
};

type Entry<Asked, Answer> = {
  readonly asked: Asked;
  readonly settle: (answer: Answer) => void;
  readonly expiry: Disposable;
};

type OpenQueriesOptions<Answer> = {
  readonly clock: Clock;
  readonly lifeMs: number;
  /** What the person sees when no answer came in time. */
  readonly expired: Answer;
};

/** Callback or inline queries that wait for the bot; each accepts one answer while it lives. */
export class OpenQueries<Asked, Answer> {
  readonly #options: OpenQueriesOptions<Answer>;
  readonly #open = new Map<string, Entry<Asked, Answer>>();

  constructor(options: OpenQueriesOptions<Answer>) {
    this.#options = options;
  }

  open(asked: Asked): { readonly id: string; readonly answered: Promise<Answer> } {
    const { clock, lifeMs, expired } = this.#options;
    const id = `${randomInt(1e12, 9e12)}${randomInt(1e5, 9e5)}`;
    const { promise: answered, resolve: settle } = Promise.withResolvers<Answer>();
    const expiry = clock.schedule(lifeMs, () => {
      this.#open.delete(id);
      settle(expired);
    });
    this.#open.set(id, { asked, settle, expiry });
    return { id, answered };
  }

  answer(id: string, answer: Answer): Asked {
    const entry = this.#open.get(id);
    if (entry === undefined) {
      throw badRequest('query is too old and response timeout expired or query ID is invalid');
    }
    this.#open.delete(id);
    entry.expiry[Symbol.dispose]();
    entry.settle(answer);
    return entry.asked;
  }

  close(): void {
    for (const { expiry } of this.#open.values()) expiry[Symbol.dispose]();
    this.#open.clear();
  }
}
