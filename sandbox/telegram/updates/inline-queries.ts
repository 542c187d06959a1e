import { randomInt } from 'node:crypto';
import type { Clock } from '../../../src/kit/clock.ts';
import { badRequest } from '../api-error.ts';
import { limits } from '../limits.ts';

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

type Entry = { readonly settle: (answer: InlineAnswer | undefined) => void; readonly expiry: Disposable };

/** Open inline queries; each accepts one answer within 30 s. */
export class InlineQueries {
  readonly #clock: Clock;
  readonly #open = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `answered` resolves with undefined where no answer came in time. */
  open(): { readonly id: string; readonly answered: Promise<InlineAnswer | undefined> } {
    const id = `${randomInt(1e12, 9e12)}${randomInt(1e5, 9e5)}`;
    const { promise: answered, resolve: settle } = Promise.withResolvers<InlineAnswer | undefined>();
    const expiry = this.#clock.schedule(limits.inlineQueryLifeMs, () => {
      this.#open.delete(id);
      settle(undefined);
    });
    this.#open.set(id, { settle, expiry });
    return { id, answered };
  }

  answer(id: string, answer: InlineAnswer): void {
    const entry = this.#open.get(id);
    if (entry === undefined) {
      throw badRequest('query is too old and response timeout expired or query ID is invalid');
    }
    this.#open.delete(id);
    entry.expiry[Symbol.dispose]();
    entry.settle(answer);
  }

  close(): void {
    for (const { expiry } of this.#open.values()) expiry[Symbol.dispose]();
    this.#open.clear();
  }
}
