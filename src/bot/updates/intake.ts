import type { Inbox, InboxUpdate } from '../../domain/inbox.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import { atMost, type Clock } from '../../kit/clock.ts';
import type { UpdateHandler } from './update-handler.ts';

/** The longest wait for answers to updates that cannot be stored. */
const maxAnswerMs = 10_000;

export type IntakeOptions = {
  readonly inbox: Inbox;
  readonly handler: UpdateHandler;
  readonly clock: Clock;
};

/**
 * Stores the updates of a batch, then starts to handle them. While the storage is unavailable, updates are answered without
 * being stored; only the answered ones are confirmed, so Telegram sends the others again.
 */
export class Intake {
  readonly #options: IntakeOptions;
  /** Answered, or being answered, without being stored; Telegram still holds them. */
  readonly #unstored = new Map<number, Promise<boolean>>();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Resolves with how many updates of the batch, from its start, may be confirmed to Telegram. */
  async take(batch: readonly InboxUpdate[], signal: AbortSignal): Promise<number> {
    const { inbox, handler, clock } = this.#options;
    let fresh: readonly InboxUpdate[];
    try {
      fresh = await inbox.keep(batch, clock.now());
    } catch (error) {
      if (!isStorageRefusal(error)) throw error;
      return this.#answerUnstored(batch, signal);
    }
    for (const update of fresh) void handler.start(update, signal, this.#unstored.get(update.updateId));
    // Another batch may be in progress at the same time.
    for (const { updateId } of batch) this.#unstored.delete(updateId);
    return batch.length;
  }

  async #answerUnstored(batch: readonly InboxUpdate[], signal: AbortSignal): Promise<number> {
    const { handler, clock } = this.#options;
    const done = new Set<number>();
    const answers = batch.map(async (update) => {
      const { updateId } = update;
      const answer = this.#unstored.get(updateId) ?? handler.handleOnce(update, signal);
      this.#unstored.set(updateId, answer);
      if (await answer) done.add(updateId);
      else this.#unstored.delete(updateId);
    });
    await atMost(clock, maxAnswerMs, Promise.all(answers));
    const first = batch.findIndex(({ updateId }) => !done.has(updateId));
    const count = first === -1 ? batch.length : first;
    for (const { updateId } of batch.slice(0, count)) this.#unstored.delete(updateId);
    return count;
  }
}
