import { randomInt } from 'node:crypto';
import type { Clock } from '../../../src/kit/clock.ts';
import { badRequest } from '../api-error.ts';
import { limits } from '../limits.ts';

/** How a pressed button was answered. */
export type CallbackAnswer =
  | { readonly kind: 'answered'; readonly text?: string; readonly showAlert: boolean; readonly url?: string }
  | { readonly kind: 'expired' };

export type OpenQuery = { readonly chatId: number; readonly userId: number };

type Entry = OpenQuery & {
  readonly settle: (answer: CallbackAnswer) => void;
  readonly expiry: Disposable;
};

/** Open callback queries; each accepts one answer within 150 s. */
export class CallbackQueries {
  readonly #clock: Clock;
  readonly #open = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  open(query: OpenQuery): { readonly id: string; readonly answered: Promise<CallbackAnswer> } {
    const id = `${randomInt(1e12, 9e12)}${randomInt(1e5, 9e5)}`;
    const { promise: answered, resolve: settle } = Promise.withResolvers<CallbackAnswer>();
    const expiry = this.#clock.schedule(limits.queryLifeMs, () => {
      this.#open.delete(id);
      settle({ kind: 'expired' });
    });
    this.#open.set(id, { ...query, settle, expiry });
    return { id, answered };
  }

  answer(id: string, answer: CallbackAnswer): OpenQuery {
    const entry = this.#open.get(id);
    if (entry === undefined) {
      throw badRequest('query is too old and response timeout expired or query ID is invalid');
    }
    this.#open.delete(id);
    entry.expiry[Symbol.dispose]();
    entry.settle(answer);
    return { chatId: entry.chatId, userId: entry.userId };
  }

  close(): void {
    for (const { expiry } of this.#open.values()) expiry[Symbol.dispose]();
    this.#open.clear();
  }
}
