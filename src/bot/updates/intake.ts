import type { Inbox, InboxUpdate } from '../../domain/inbox.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import { atMost, type Clock } from '../../kit/clock.ts';
import type { UpdateHandler } from './update-handler.ts';

/** So long the answers to what cannot be kept hold up what comes next. */
const answersMs = 10_000;

export type IntakeOptions = {
  readonly inbox: Inbox;
  readonly handling: UpdateHandler;
  readonly clock: Clock;
};

/**
 * Takes what Telegram sent: kept first, then handled. What cannot be kept, because the storage refuses, is answered all
 * the same, and only what was answered may be forgotten by Telegram; the rest is sent again.
 */
export class Intake {
  readonly #options: IntakeOptions;
  /** Answered, or being answered, without being kept, and still with Telegram. */
  readonly #unkept = new Map<number, Promise<boolean>>();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Resolves with how many of the batch, from its beginning, Telegram may forget. */
  async take(batch: readonly InboxUpdate[], signal: AbortSignal): Promise<number> {
    const { inbox, handling, clock } = this.#options;
    let fresh: readonly InboxUpdate[];
    try {
      fresh = await inbox.keep(batch, clock.now());
    } catch (error) {
      if (!isStorageRefusal(error)) throw error;
      return this.#answerUnkept(batch, signal);
    }
    for (const update of fresh) void handling.begin(update, signal, this.#unkept.get(update.updateId));
    // Other batches may be on their way at the same time.
    for (const { updateId } of batch) this.#unkept.delete(updateId);
    return batch.length;
  }

  async #answerUnkept(batch: readonly InboxUpdate[], signal: AbortSignal): Promise<number> {
    const { handling, clock } = this.#options;
    const over = new Set<number>();
    const answers = batch.map(async (update) => {
      const { updateId } = update;
      const answer = this.#unkept.get(updateId) ?? handling.answer(update, signal);
      this.#unkept.set(updateId, answer);
      if (await answer) over.add(updateId);
      else this.#unkept.delete(updateId);
    });
    await atMost(clock, answersMs, Promise.all(answers));
    const first = batch.findIndex(({ updateId }) => !over.has(updateId));
    const count = first === -1 ? batch.length : first;
    for (const { updateId } of batch.slice(0, count)) this.#unkept.delete(updateId);
    return count;
  }
}
