import type { Transformer } from 'grammy';
import { chatOf } from '../outbox/rate-limiter.ts';

/**
 * Handlers begin while their update is being stored, so that what they store first shares its commit. Nothing is said to a
 * chat before that is durable: calls to the chat wait, and those that name no chat, like the answer to a press, wait for all.
 */
export class UnkeptUpdates {
  readonly #chats = new Map<string, Promise<unknown>>();
  #latest: Promise<unknown> | undefined;

  /** Calls to the chat wait from now on until `decided` resolves: the update is durable, or it is known that it cannot be. */
  hold(chat: string, decided: Promise<unknown>): void {
    this.#chats.set(chat, decided);
    this.#latest = decided;
    void decided.then(() => {
      if (this.#chats.get(chat) === decided) this.#chats.delete(chat);
      if (this.#latest === decided) this.#latest = undefined;
    });
  }

  readonly transformer: Transformer = async (prev, method, payload, signal) => {
    const chatId = chatOf(payload);
    // Batches are decided in their order.
    const decided = chatId === undefined ? this.#latest : this.#chats.get(String(chatId));
    if (decided !== undefined) await decided;
    return prev(method, payload, signal);
  };
}
