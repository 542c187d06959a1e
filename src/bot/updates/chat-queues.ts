/** This many updates of one chat are handled or wait in memory; the others wait in the inbox. */
export const maxStartedPerChat = 30;

type Waiting = { readonly start: () => void };

/** Lets so many updates of each chat through; the others wait for their turn, in order, and hold only a callback. */
export class ChatQueues {
  readonly #chats = new Map<string, { started: number; readonly waiting: Waiting[] }>();

  /** Resolves when it is the turn of an update of the chat; returns undefined when that is at once. */
  enter(chat: string): Promise<void> | undefined {
    const queue = this.#chats.get(chat) ?? { started: 0, waiting: [] };
    this.#chats.set(chat, queue);
    if (queue.started < maxStartedPerChat && queue.waiting.length === 0) {
      queue.started += 1;
      return undefined;
    }
    return new Promise((resolve) => queue.waiting.push({ start: resolve }));
  }

  /** An update of the chat is over: the next one takes its place. */
  leave(chat: string): void {
    const queue = this.#chats.get(chat);
    if (queue === undefined) return;
    const next = queue.waiting.shift();
    if (next !== undefined) return next.start();
    queue.started -= 1;
    if (queue.started === 0) this.#chats.delete(chat);
  }
}
