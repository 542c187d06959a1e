import { Api, type ApiClientOptions } from 'grammy';
import type { Emit } from '../../domain/events.ts';
import { backoffMs, type Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import { RateLimiter, type Showing } from './rate-limiter.ts';
import type { ChatStore, RetryAfterStore } from '../../domain/chat-store.ts';
import { fixUndeliverable } from './undeliverable.ts';
import { type Manner, rateLimitTransformer } from './api-transformer.ts';
import { longestHoldMs } from './telegram-error.ts';

/** Of a hundred uploads at once Telegram would refuse some. */
const errandsAtOnce = 32;
const retryRules = { baseMs: 1_000, capMs: 60_000 } as const;
/** News that Telegram did not take so often are old by then. */
const newsTries = 4;

export type OutgoingMessage = Showing & {
  /**
   * `answer`: somebody waits for it. `unasked`: nobody does. `news`: a status, after everything else in its chat; of
   * those that wait under one name there is only ever one.
   */
  readonly rank: 'answer' | 'unasked' | 'news';
  readonly name?: string;
  /**
   * Makes the calls, when their time has come, and sees to their troubles; `again` when Telegram took nothing, or what
   * it took may be done twice.
   */
  readonly run: () => Promise<'done' | 'again'>;
};

export type OutboxOptions = {
  /** For the errands' calls. */
  readonly api: Api;
  readonly rateLimiter: RateLimiter;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
};

type Item = {
  message: OutgoingMessage;
  tries: number;
  /** Not before this; whoever stands behind it may go ahead. */
  retryAtMs: number;
  /** Its turn among the unasked of all chats. */
  turnAtMs?: number;
};

/** One chat: its mail in order, its news by name, one errand at a time. */
type Lane = {
  readonly chatId: number;
  readonly mail: Item[];
  readonly news: Map<unknown, Item>;
  isBusy: boolean;
  timer?: Disposable;
};

/**
 * The one place from which the house writes to people by itself. Errands of a chat run one at a time in the order in
 * which they were posted, each as soon as Telegram bears it; a chat that has to rest holds no other one back. What
 * Telegram did not take runs again later and lets others of its chat go ahead meanwhile.
 */
export class Outbox {
  readonly api: Api;
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<number, Lane>();
  /** Chats whose errand is due while all hands are full, in order. */
  readonly #ready = new Set<Lane>();
  #running = 0;
  readonly #whenEmpty: (() => void)[] = [];
  #state: 'open' | 'closing' | 'closed' = 'open';

  constructor(options: OutboxOptions) {
    this.api = options.api;
    this.#options = options;
  }

  post(message: OutgoingMessage): void {
    if (this.#state === 'closed' || (this.#state === 'closing' && message.rank === 'news')) return;
    const lane = this.#laneOf(message.chatId);
    if (message.rank === 'news') addNews(lane, message);
    else lane.mail.push({ message, tries: 0, retryAtMs: 0 });
    this.#look(lane);
  }

  /** Takes no news any more; resolves when all that is due by now is done. The rest is left to the next start. */
  async drain(): Promise<void> {
    if (this.#state === 'open') this.#state = 'closing';
    for (const lane of this.#lanes.values()) {
      lane.news.clear();
      this.#look(lane);
    }
    await this.#untilEmpty();
  }

  /** Starts nothing more; resolves when what runs has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#state = 'closed';
    for (const lane of this.#lanes.values()) {
      lane.timer?.[Symbol.dispose]();
      if (!lane.isBusy) this.#leave(lane);
    }
    await this.#untilEmpty();
  }

  async #untilEmpty(): Promise<void> {
    if (this.#lanes.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenEmpty.push(resolve);
    await promise;
  }

  #laneOf(chatId: number): Lane {
    const known = this.#lanes.get(chatId);
    if (known !== undefined) return known;
    const lane: Lane = { chatId, mail: [], news: new Map(), isBusy: false };
    this.#lanes.set(chatId, lane);
    return lane;
  }

  /** Starts the lane's next errand when it is due, and otherwise sees to it that somebody looks again when it is. */
  #look(lane: Lane): void {
    if (lane.isBusy) return;
    if (this.#state === 'closed') return this.#leave(lane);
    lane.timer?.[Symbol.dispose]();
    delete lane.timer;
    const next = this.#nextOf(lane);
    if (next === undefined) return this.#leave(lane);
    if (next.waitMs > 0) {
      if (this.#state === 'closing') return this.#leave(lane);
      lane.timer = this.#options.clock.schedule(next.waitMs, () => this.#look(lane));
    } else if (this.#running >= errandsAtOnce) this.#ready.add(lane);
    else void this.#start(lane, next.item);
  }

  #leave(lane: Lane): void {
    this.#ready.delete(lane);
    if (this.#lanes.get(lane.chatId) === lane) this.#lanes.delete(lane.chatId);
    if (this.#lanes.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #nextOf(lane: Lane): { readonly item: Item; readonly waitMs: number } | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    const mail = soonest(lane.mail, nowMs);
    const news = soonest(lane.news.values(), nowMs);
    if (mail !== undefined && (news === undefined || mail.retryAtMs <= nowMs || mail.retryAtMs <= news.retryAtMs)) {
      return { item: mail, waitMs: this.#waitMs(mail, nowMs) };
    }
    return news === undefined ? undefined : { item: news, waitMs: this.#waitMs(news, nowMs) };
  }

  #waitMs(item: Item, nowMs: number): number {
    const { rateLimiter } = this.#options;
    const { chatId, rank } = item.message;
    if (rank !== 'answer') item.turnAtMs ??= rateLimiter.takeUnaskedTurn();
    return Math.max(
      rateLimiter.heldMs(chatId),
      rateLimiter.waitMs(item.message, rank === 'news'),
      item.retryAtMs - nowMs,
      (item.turnAtMs ?? 0) - nowMs,
    );
  }

  async #start(lane: Lane, item: Item): Promise<void> {
    const { emit } = this.#options;
    const { rank, run } = item.message;
    lane.isBusy = true;
    this.#running += 1;
    const key = keyOf(item.message);
    // News that come while these are shown are the next ones.
    if (rank === 'news') lane.news.delete(key);
    let after: 'done' | 'again' = 'done';
    try {
      after = await run();
    } catch (error) {
      emit({ event: 'app.error', what: `send what was meant for a chat (${rank})`, error });
    }
    this.#running -= 1;
    lane.isBusy = false;
    const isKept = after === 'again' && this.#state === 'open' && this.#postpone(lane, item);
    if (!isKept && rank !== 'news') lane.mail.splice(lane.mail.indexOf(item), 1);
    this.#look(lane);
    const [ready] = this.#ready;
    if (ready === undefined) return;
    this.#ready.delete(ready);
    this.#look(ready);
  }

  /** Answers false for news that are not worth a further try. */
  #postpone(lane: Lane, item: Item): boolean {
    const { rateLimiter, clock, random } = this.#options;
    item.tries += 1;
    delete item.turnAtMs;
    // A chat that rests tells by itself when it is over.
    const isHeld = rateLimiter.heldMs(item.message.chatId) > 0;
    item.retryAtMs = isHeld ? 0 : clock.monotonicMs() + backoffMs(item.tries, retryRules, random);
    if (item.message.rank !== 'news') return true;
    const key = keyOf(item.message);
    if (item.tries >= newsTries || lane.news.has(key)) return false;
    lane.news.set(key, item);
    return true;
  }
}

/** The first that need not wait for another try, or else the one whose try comes first. */
function soonest(items: Iterable<Item>, nowMs: number): Item | undefined {
  let best: Item | undefined;
  for (const item of items) {
    if (item.retryAtMs <= nowMs) return item;
    if (best === undefined || item.retryAtMs < best.retryAtMs) best = item;
  }
  return best;
}

function addNews(lane: Lane, message: OutgoingMessage): void {
  const key = keyOf(message);
  const waiting = lane.news.get(key);
  if (waiting === undefined) lane.news.set(key, { message, tries: 0, retryAtMs: 0 });
  else waiting.message = message;
}

function keyOf(message: OutgoingMessage): unknown {
  return message.name ?? message;
}

/** The largest file over a slow line takes its time; a line that fell silent takes no more than this. */
const uploadPatienceS = 180;

export type OpenOutboxOptions = {
  /** The bot's own way to Telegram, for its answers. */
  readonly api: Api;
  readonly client: ApiClientOptions;
  readonly chats: ChatStore;
  readonly rests: RetryAfterStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** Once it aborts, no call and no wait goes on. */
  readonly closing: AbortSignal;
};

/**
 * Opens a second way to Telegram, for what nobody waits for at this moment, and makes both polite: they share one pace,
 * and rest where an earlier run of the process was told to.
 */
export async function openOutbox(options: OpenOutboxOptions): Promise<Outbox> {
  const { api, client, rests, clock } = options;
  const rateLimiter = new RateLimiter(clock);
  const nowMs = clock.now();
  // Whoever set the clock back meanwhile silences nobody for longer than Telegram ever does.
  for (const { place, untilMs } of await rests.resting(nowMs))
    rateLimiter.hold(place, Math.min(untilMs - nowMs, longestHoldMs));
  const shared = { ...options, rateLimiter };
  const unasked = new Api(api.token, { ...client, timeoutSeconds: uploadPatienceS });
  const makePolite = (way: Api, manner: Manner) =>
    way.config.use(rateLimitTransformer(shared, manner), fixUndeliverable(shared, manner));
  makePolite(api, 'answering');
  makePolite(unasked, 'unasked');
  return new Outbox({ ...shared, api: unasked });
}
