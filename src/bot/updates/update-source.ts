import { type Bot, GrammyError, HttpError, type Transformer } from 'grammy';
import type { Update, UserFromGetMe } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import { type Random, backoffMs } from '../../kit/backoff.ts';
import { type Clock, atMost } from '../../kit/clock.ts';
import type { BotContext } from '../context.ts';
import { chatOf } from '../outbox/rate-limiter.ts';
import { classifyTelegramError, describeTelegramError, retryAfterOf } from '../outbox/telegram-error.ts';

/** Takes updates from any source. */
export type UpdateSink = {
  /** Resolves when further updates may be taken. */
  capacity(): Promise<void>;
  /**
   * Resolves with how many updates of the batch, from its start, the source may confirm to Telegram: these are stored, or
   * were answered while the storage was unavailable. Telegram has to deliver the others again. An update that was taken
   * before is confirmed and not handled again. Rejects when the batch cannot be taken; then none of it may be confirmed.
   */
  take(batch: readonly Update[], signal: AbortSignal): Promise<number>;
};

/**
 * Where updates come from: a poll, or a webhook. Every source confirms an update to Telegram only after `take` has
 * resolved, so at every moment an update is either with Telegram or stored here.
 *
 * - A poll asks for the next batch, with the offset after the confirmed updates, only after `take` has resolved.
 * - A webhook takes each request as a batch of one. It answers 200 only when `take` resolves with 1, otherwise 503,
 *   whereupon Telegram delivers the update again. Requests may overlap; updates of one chat are still handled in the order
 *   in which they were taken. It waits for `capacity` before it takes, and registers itself with Telegram in `deliver`.
 */
export type UpdateSource = {
  /** When Telegram last answered a call of the source, in monotonic milliseconds; undefined before the first answer. */
  readonly lastAnswerMonotonicMs: number | undefined;
  /** Hands what is sent to this process to the sink until the signal aborts; absent where it is polled for. */
  readonly listen?: (sink: UpdateSink, signal: AbortSignal) => void;
  /** Has Telegram deliver updates, to the sink where they are polled for, until the signal aborts; throws TokenRefused. */
  deliver(sink: UpdateSink, signal: AbortSignal): Promise<void>;
};

const fixes = {
  unauthorized: 'it refused the bot token; ask @BotFather for the current one and set TELEGRAM_BOT_TOKEN',
  unknown:
    'it does not know this bot; TELEGRAM_BOT_TOKEN has to be a token of the server at TELEGRAM_API_ROOT, and TELEGRAM_API_ROOT its address alone, without /bot and without a token',
} as const;

/** Telegram refused the token: only a new one helps, unless the token worked before and Telegram is at fault. */
export class TokenRefused extends Error {
  /** The token was accepted before: another start may find it accepted again. */
  readonly hasWorked: boolean;

  constructor(why: keyof typeof fixes = 'unauthorized', hasWorked = false) {
    super(`Cannot talk to Telegram: ${fixes[why]}`);
    this.name = 'TokenRefused';
    this.hasWorked = hasWorked;
  }
}

/** The answer is JSON, but not what this method returns. */
export class StrangeAnswer extends Error {
  constructor(method: string) {
    super(`the answer to ${method} is not one of a Bot API server`);
    this.name = 'StrangeAnswer';
  }
}

/** An error of such a call for a log line, without people's words and without the token. */
export function describePollError(error: unknown): string {
  return error instanceof StrangeAnswer ? error.message : describeTelegramError(error);
}

/** A token that worked is refused for less than this long when Telegram, or a server on the way, is at fault. */
const tokenPatienceMs = 120_000;
const retryBackoff = { baseMs: 1_000, capMs: 30_000 } as const;
const tokenBackoff = { baseMs: 2_000, capMs: 15_000 } as const;

/** The waits between the tries of a call that is repeated until it succeeds. */
export class CallRetries {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #random: Random;
  readonly #hasWorked: () => Promise<boolean>;
  #failures = 0;
  #refusedSinceMs: number | undefined;

  /** `hasWorked` tells whether Telegram has accepted the token before. */
  constructor(clock: Pick<Clock, 'monotonicMs'>, random: Random, hasWorked: () => Promise<boolean>) {
    this.#clock = clock;
    this.#random = random;
    this.#hasWorked = hasWorked;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#refusedSinceMs = undefined;
  }

  /** Milliseconds until the next try. Throws TokenRefused: at once for a new token, after a while for one that worked. */
  async afterFailure(error: unknown): Promise<number> {
    this.#failures += 1;
    const isFromTelegram = error instanceof GrammyError || error instanceof HttpError;
    if (isFromTelegram && classifyTelegramError(error) === 'unauthorized') return this.#afterRefusal(error);
    this.#refusedSinceMs = undefined;
    const holdMs = error instanceof GrammyError ? retryAfterOf(error) : undefined;
    return holdMs ?? backoffMs(this.#failures, retryBackoff, this.#random);
  }

  async #afterRefusal(error: GrammyError | HttpError): Promise<number> {
    const why = error instanceof GrammyError && error.error_code === 404 ? 'unknown' : 'unauthorized';
    if (!(await this.#hasWorked())) throw new TokenRefused(why);
    const nowMs = this.#clock.monotonicMs();
    this.#refusedSinceMs ??= nowMs;
    if (nowMs - this.#refusedSinceMs >= tokenPatienceMs) throw new TokenRefused(why, true);
    return backoffMs(this.#failures, tokenBackoff, this.#random);
  }
}

/** Asks Telegram who the bot is. */
export async function askIdentity(bot: Bot<BotContext>, signal: AbortSignal): Promise<UserFromGetMe> {
  const me: Partial<UserFromGetMe> | null = await bot.api.getMe(signal as Parameters<typeof bot.api.getMe>[0]);
  if (typeof me?.id !== 'number' || typeof me.username !== 'string') throw new StrangeAnswer('getMe');
  return me as UserFromGetMe;
}

/** Resolves when Telegram answers a call without an effect: the one repetition is not spent on a dead connection. */
export async function reachTelegram(
  bot: Bot<BotContext>,
  clock: Clock,
  random: Random,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await bot.api.getMe(signal as Parameters<typeof bot.api.getMe>[0]);
      return;
    } catch (error) {
      const isUnreached = error instanceof HttpError || (error instanceof GrammyError && error.error_code >= 500);
      if (!isUnreached) return;
    }
    await clock.sleep(backoffMs(tries, retryBackoff, random), signal);
  }
}

/** A name that was asked about is not asked about again for this long. */
const rememberedMs = 600_000;
const minIntervalMs = 1_000;
/** Other updates wait for the answer at most this long. */
const maxWaitMs = 200;

/**
 * Notices that the bot was renamed: a command names a bot that is not known, and Telegram delivers it, so Telegram is asked
 * who this bot is.
 */
export class KnownNames {
  readonly #options: { readonly bot: Bot<BotContext>; readonly clock: Clock; readonly emit: Emit };
  readonly #others = new Set<string>();
  #othersSinceMs = 0;
  #askedAtMs = -Infinity;

  constructor(options: { readonly bot: Bot<BotContext>; readonly clock: Clock; readonly emit: Emit }) {
    this.#options = options;
  }

  /** Resolves soon, whatever Telegram does. */
  async check(batch: readonly Update[], signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const names = batch.flatMap(({ message }) => namedBot(message?.text ?? message?.caption) ?? []);
    if (names.length === 0) return;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#othersSinceMs >= rememberedMs) {
      this.#others.clear();
      this.#othersSinceMs = nowMs;
    }
    const { username } = this.#options.bot.botInfo;
    const unknown = names.filter((name) => name !== username.toLowerCase() && !this.#others.has(name));
    if (unknown.length === 0 || nowMs - this.#askedAtMs < minIntervalMs) return;
    this.#askedAtMs = nowMs;
    await atMost(clock, maxWaitMs, this.#ask(unknown, signal));
  }

  async #ask(names: readonly string[], signal: AbortSignal): Promise<void> {
    const { bot, emit } = this.#options;
    try {
      const before = bot.botInfo.username;
      bot.botInfo = await askIdentity(bot, signal);
      const { username } = bot.botInfo;
      for (const name of names) this.#others.add(name);
      if (username !== before) emit({ event: 'bot.renamed', bot: `@${username}` });
    } catch {
      // The next command that names an unknown bot asks again.
    }
  }
}

function namedBot(text: string | undefined): string | undefined {
  return /^\P{L}{0,4}\/\w{1,64}@(\w{1,64})/u.exec(text ?? '')?.[1]?.toLowerCase();
}

/** The updates that are handled one after the other share a lane: those of a chat, else those of a person. */
export function chatLaneOf(update: Update, updateId = update.update_id): string {
  // An update of another shape has a lane of its own.
  const { message, callback_query: press, my_chat_member: membership, inline_query: query } = update as MaybeUpdate;
  const chat = (message ?? press?.message ?? membership)?.chat;
  return String(chat?.id ?? press?.from?.id ?? query?.from?.id ?? `update ${updateId}`);
}

type InChat = { readonly chat?: { readonly id?: number } | null } | null;
type MaybeUpdate = {
  readonly message?: InChat;
  readonly callback_query?: { readonly message?: InChat; readonly from?: { readonly id?: number } | null } | null;
  readonly my_chat_member?: InChat;
  readonly inline_query?: { readonly from?: { readonly id?: number } | null } | null;
};

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
