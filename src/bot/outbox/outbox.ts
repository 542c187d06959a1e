import type { Api } from 'grammy';
import type { Emit } from '../../domain/events.ts';
import { backoffMs, type Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import { MethodHealth, methodHealthTransformer, SendSlots } from './bot-api.ts';
import { ProactiveTurns } from './proactive-turns.ts';
import type { RateLimiter, VisibleCall } from './rate-limiter.ts';
import type { SharedPace } from './shared-pace.ts';

const retryRules = { baseMs: 1_000, capMs: 60_000 } as const;
/** After this many tries a status is outdated. */
const maxStatusTries = 4;
/** In the order in which they are started. */
const priorities = ['answer', 'proactive', 'status'] as const;

export type OutgoingMessage = VisibleCall & {
  /**
   * `answer`: a person waits for it. `proactive`: no person waits. `status`: sent after everything else in its chat; a new
   * one replaces the waiting one of the same name.
   */
  readonly priority: (typeof priorities)[number];
  readonly name?: string;
  /**
   * Makes the calls and handles their errors; resolves with `again` when Telegram accepted nothing, or when the calls may
   * be repeated.
   */
  readonly run: () => Promise<'done' | 'again'>;
};

export type OutboxOptions = {
  /** The client for outgoing calls. */
  readonly api: Api;
  readonly rateLimiter: RateLimiter;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** Absent where this process is alone. */
  readonly sharedPace?: Pick<SharedPace, 'takeProactive'> | undefined;
};

type Item = {
  message: OutgoingMessage;
  tries: number;
  /** No try before this time; later messages of the chat may go first. */
  retryAtMs: number;
};

/** One chat: its messages in order, its statuses by name, one call at a time. */
type ChatQueue = {
  readonly chatId: number;
  readonly queue: Item[];
  readonly statuses: Map<unknown, Item>;
  isBusy: boolean;
  timer?: Disposable;
};

/**
 * Sends everything that the bot writes without being asked in this moment. Messages of a chat go out one at a time in the
 * order in which they were posted, each as soon as the rate limit allows; a limited chat delays no other chat. A message
 * that Telegram did not accept is tried again later, and later messages of its chat may go first meanwhile. What nobody
 * waits for is spread over time: it takes its turn when it goes out, so what is withdrawn before delays nothing.
 */
export class Outbox {
  readonly api: Api;
  /** Which kinds of methods work. */
  readonly health: MethodHealth;
  readonly #options: OutboxOptions;
  readonly #chats = new Map<number, ChatQueue>();
  /** Chats whose next message is due while there is no slot or no turn for it; in order. */
  readonly #ready = { answer: new Set<ChatQueue>(), proactive: new Set<ChatQueue>(), status: new Set<ChatQueue>() };
  readonly #turns: ProactiveTurns;
  readonly #slots: SendSlots;
  readonly #whenEmpty: (() => void)[] = [];
  #state: 'open' | 'closing' | 'closed' = 'open';

  constructor(options: OutboxOptions) {
    this.api = options.api;
    this.health = new MethodHealth(options.clock);
    this.#slots = new SendSlots(options.clock, () => this.#startReady());
    this.#turns = new ProactiveTurns(options, () => this.#startReady());
    this.api.config.use(methodHealthTransformer(this.health));
    this.#options = options;
  }

  post(message: OutgoingMessage): void {
    if (this.#state === 'closed' || (this.#state === 'closing' && message.priority === 'status')) return;
    const chat = this.#queueOf(message.chatId);
    if (message.priority === 'status') addStatus(chat, message);
    else chat.queue.push({ message, tries: 0, retryAtMs: 0 });
    this.#startNext(chat);
  }

  /** Drops the waiting status of this name: what it would show has passed. */
  withdraw({ chatId, name }: { readonly chatId: number; readonly name: string }): void {
    const chat = this.#chats.get(chatId);
    if (chat?.statuses.delete(name) === true) this.#startNext(chat);
  }

  /** Accepts no further statuses; resolves when everything that is due now is sent. The next start does the rest. */
  async drain(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing';
    for (const chat of this.#chats.values()) {
      chat.statuses.clear();
      this.#startNext(chat);
    }
    await this.#untilEmpty();
  }

  /** Starts no further message; resolves when the running ones have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#state = 'closed';
    this.#turns[Symbol.dispose]();
    for (const chat of this.#chats.values()) {
      chat.timer?.[Symbol.dispose]();
      if (!chat.isBusy) this.#remove(chat);
    }
    await this.#untilEmpty();
  }

  async #untilEmpty(): Promise<void> {
    if (this.#chats.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenEmpty.push(resolve);
    await promise;
  }

  #queueOf(chatId: number): ChatQueue {
    const known = this.#chats.get(chatId);
    if (known !== undefined) return known;
    const chat: ChatQueue = { chatId, queue: [], statuses: new Map(), isBusy: false };
    this.#chats.set(chatId, chat);
    return chat;
  }

  /** Starts the next message of the chat when it is due, otherwise sets a timer for it. */
  #startNext(chat: ChatQueue): void {
    if (chat.isBusy) return;
    if (this.#state === 'closed') return this.#remove(chat);
    chat.timer?.[Symbol.dispose]();
    delete chat.timer;
    const next = this.#nextOf(chat);
    if (next === undefined) return this.#remove(chat);
    const { item, waitMs } = next;
    const { priority } = item.message;
    if (waitMs > 0) {
      if (this.#state === 'closing') return this.#remove(chat);
      chat.timer = this.#options.clock.schedule(waitMs, () => this.#startNext(chat));
    } else if (!this.#slots.hasRoom(priority === 'status')) this.#ready[priority].add(chat);
    else if (priority === 'answer' || this.#turns.take()) void this.#start(chat, item);
    else if (this.#state === 'closing' && !this.#turns.isAsking) this.#remove(chat);
    else this.#ready[priority].add(chat);
  }

  /** Starts waiting chats as long as there are slots and turns: answers first, statuses last. */
  #startReady(): void {
    for (const priority of priorities) {
      const ready = this.#ready[priority];
      for (const chat of ready) {
        if (!this.#slots.hasRoom(priority === 'status')) break;
        if (priority !== 'answer' && this.#mustWaitForTurn()) break;
        ready.delete(chat);
        this.#startNext(chat);
      }
    }
  }

  #mustWaitForTurn(): boolean {
    return this.#turns.isAsking || (this.#turns.isWaiting && this.#state === 'open');
  }

  #remove(chat: ChatQueue): void {
    for (const priority of priorities) this.#ready[priority].delete(chat);
    if (this.#chats.get(chat.chatId) === chat) this.#chats.delete(chat.chatId);
    if (this.#chats.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #nextOf(chat: ChatQueue): { readonly item: Item; readonly waitMs: number } | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    const queued = firstDue(chat.queue, nowMs);
    const status = firstDue(chat.statuses.values(), nowMs);
    if (
      queued !== undefined &&
      (status === undefined || queued.retryAtMs <= nowMs || queued.retryAtMs <= status.retryAtMs)
    ) {
      return { item: queued, waitMs: this.#waitMs(queued, nowMs) };
    }
    return status === undefined ? undefined : { item: status, waitMs: this.#waitMs(status, nowMs) };
  }

  #waitMs(item: Item, nowMs: number): number {
    const { rateLimiter } = this.#options;
    const { chatId, priority } = item.message;
    return Math.max(
      rateLimiter.heldMs(chatId),
      rateLimiter.waitMs(item.message, priority === 'status'),
      item.retryAtMs - nowMs,
    );
  }

  async #start(chat: ChatQueue, item: Item): Promise<void> {
    const { priority, run } = item.message;
    chat.isBusy = true;
    const call = this.#slots.take();
    const key = keyOf(item.message);
    // A status that is posted during this call is the next one.
    if (priority === 'status') chat.statuses.delete(key);
    let after: 'done' | 'again' = 'done';
    try {
      after = await run();
    } catch (error) {
      this.#options.emit({ event: 'app.error', what: `send a message to a chat (${priority})`, error });
    }
    call[Symbol.dispose]();
    chat.isBusy = false;
    const isKept = after === 'again' && this.#state === 'open' && this.#postpone(chat, item);
    if (!isKept && priority !== 'status') chat.queue.splice(chat.queue.indexOf(item), 1);
    this.#startNext(chat);
    this.#startReady();
  }

  /** Returns false for a status that is not tried again. */
  #postpone(chat: ChatQueue, item: Item): boolean {
    const { rateLimiter, clock, random } = this.#options;
    item.tries += 1;
    // For a limited chat the rate limiter knows the time of the next try.
    const isHeld = rateLimiter.heldMs(item.message.chatId) > 0;
    item.retryAtMs = isHeld ? 0 : clock.monotonicMs() + backoffMs(item.tries, retryRules, random);
    if (item.message.priority !== 'status') return true;
    const key = keyOf(item.message);
    if (item.tries >= maxStatusTries || chat.statuses.has(key)) return false;
    chat.statuses.set(key, item);
    return true;
  }
}

/** The first item that need not wait for its next try, otherwise the one with the earliest try. */
function firstDue(items: Iterable<Item>, nowMs: number): Item | undefined {
  let best: Item | undefined;
  for (const item of items) {
    if (item.retryAtMs <= nowMs) return item;
    if (best === undefined || item.retryAtMs < best.retryAtMs) best = item;
  }
  return best;
}

function addStatus(chat: ChatQueue, message: OutgoingMessage): void {
  const key = keyOf(message);
  const waiting = chat.statuses.get(key);
  if (waiting === undefined) chat.statuses.set(key, { message, tries: 0, retryAtMs: 0 });
  else waiting.message = message;
}

function keyOf(message: OutgoingMessage): unknown {
  return message.name ?? message;
}
