import type { Update } from 'grammy/types';

/** This many updates of one chat are handled or wait in memory; the others wait in the inbox. */
export const maxStartedPerChat = 30;

/** The updates that are handled one after the other share a lane: those of a chat, else those of a person. */
export function chatLaneOf(update: Update, updateId = update.update_id): string {
  // An update of another shape has a lane of its own.
  const { message, callback_query: press, my_chat_member: membership } = update as MaybeUpdate;
  const chat = (message ?? press?.message ?? membership)?.chat;
  return String(chat?.id ?? press?.from?.id ?? `update ${updateId}`);
}

/** The same for a stored update; one that cannot be read has a lane of its own. */
export function chatLaneOfBody(body: string, updateId: number): string {
  try {
    return chatLaneOf(JSON.parse(body) as Update, updateId);
  } catch {
    return `update ${updateId}`;
  }
}

type InChat = { readonly chat?: { readonly id?: number } | null } | null;
type MaybeUpdate = {
  readonly message?: InChat;
  readonly callback_query?: { readonly message?: InChat; readonly from?: { readonly id?: number } | null } | null;
  readonly my_chat_member?: InChat;
};

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
