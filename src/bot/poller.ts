import { type Bot, GrammyError, HttpError } from 'grammy';
import type { Update } from 'grammy/types';
import type { Tell } from '../domain/events.ts';
import type { Inbox, InboxUpdate } from '../domain/inbox.ts';
import { isStorageRefusal } from '../domain/storage-trouble.ts';
import { backoffMs } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import type { Secret } from '../kit/secret.ts';
import type { BotContext } from './context.ts';
import { Handling } from './handling.ts';
import { Intake } from './intake.ts';
import { describeTrouble, holdOf, troubleOf } from './telegram-trouble.ts';
import { withoutKeys } from './typed-keys.ts';
import { TokenContest } from './token-contest.ts';

const pollS = 25;
const storageRestMs = 1_000;
const dayMs = 86_400_000;

const wanted = ['message', 'callback_query', 'my_chat_member'] as const;

export type PollerOptions = {
  readonly bot: Bot<BotContext>;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: Tell;
  /** The keys and tokens of this house, to be hidden wherever somebody types one. */
  readonly ours?: () => readonly Secret[];
};

/** Telegram refused the token: nothing mends that but a new one. */
export class TokenRefused extends Error {
  constructor() {
    super(
      'Cannot talk to Telegram: it refused the bot token; ask @BotFather for the current one and set TELEGRAM_BOT_TOKEN',
    );
    this.name = 'TokenRefused';
  }
}

/**
 * getUpdates -> inbox rows in one transaction -> handlers, in order per chat -> handled; only the next getUpdates
 * confirms the batch to Telegram, so an update is never in nobody's hands. A start asks without an offset: what
 * Telegram sends again, the inbox knows.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #handling: Handling;
  readonly #intake: Intake;
  readonly #contest: TokenContest;
  #lastAnswerUpMs: number | undefined;
  #purgedMs = 0;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#handling = new Handling(options);
    this.#intake = new Intake({ ...options, handling: this.#handling });
    this.#contest = new TokenContest(options.clock, options.tell);
  }

  /** The bot's own name, once it was introduced. */
  get username(): string {
    return this.#options.bot.botInfo.username;
  }

  /** When Telegram answered last, in the time that really passes. */
  get lastAnswerUpMs(): number | undefined {
    return this.#lastAnswerUpMs;
  }

  /** Asks Telegram who we are, for as long as it takes; throws TokenRefused. */
  async introduce(signal: AbortSignal): Promise<void> {
    const { bot, tell } = this.#options;
    for (let failures = 1; ; failures += 1) {
      try {
        // `bot.init` would retry by itself, hidden from the log and deaf to the signal between two tries.
        bot.botInfo = await bot.api.getMe(signal as Parameters<typeof bot.api.getMe>[0]);
        this.#lastAnswerUpMs = this.#options.clock.uptimeMs();
        return;
      } catch (error) {
        signal.throwIfAborted();
        const waitMs = this.#restAfter(error, failures);
        tell({ event: 'telegram.trouble', method: 'getMe', detail: describeTrouble(error), retryInMs: waitMs });
        await this.#options.clock.sleep(waitMs, signal);
      }
    }
  }

  /** Polls until the signal aborts; throws TokenRefused. */
  async run(signal: AbortSignal): Promise<void> {
    const { bot, clock, tell } = this.#options;
    await this.#handling.takeUp(signal);
    let offset: number | undefined;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#handling.room();
        const batch = await bot.api.getUpdates(
          { timeout: pollS, limit: 100, allowed_updates: wanted, ...(offset === undefined ? {} : { offset }) },
          signal as Parameters<typeof bot.api.getUpdates>[1],
        );
        failures = 0;
        this.#lastAnswerUpMs = clock.uptimeMs();
        this.#contest.win();
        const updates = batch.flatMap((update) => this.#written(update));
        const taken = await this.#intake.take(updates, signal);
        const isAll = taken === updates.length;
        const last = isAll ? batch.at(-1)?.update_id : updates[taken - 1]?.updateId;
        if (last !== undefined) offset = last + 1;
        if (!isAll) await clock.sleep(storageRestMs, signal);
        await this.#purge();
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        // The machine's fault, told of elsewhere.
        if (isStorageRefusal(error)) {
          await clock.sleep(storageRestMs, signal).catch(() => undefined);
          continue;
        }
        if (await this.#hasRemovedWebhook(error)) continue;
        const waitMs = this.#restAfter(error, failures);
        tell({ event: 'telegram.trouble', method: 'getUpdates', detail: describeTrouble(error), retryInMs: waitMs });
        await clock.sleep(waitMs, signal).catch(() => undefined);
      }
    }
  }

  /** Resolves when no handler runs any more. */
  async idle(): Promise<void> {
    await this.#handling.idle();
  }

  /** A webhook that another program set keeps updates away from whoever polls; they stay with Telegram until then. */
  async #hasRemovedWebhook(error: unknown): Promise<boolean> {
    if (!(error instanceof GrammyError) || !/webhook is active/.test(error.description)) return false;
    const { bot, tell } = this.#options;
    tell({ event: 'telegram.trouble', method: 'getUpdates', detail: 'a webhook is set for this bot; it is removed' });
    return bot.api.deleteWebhook().catch(() => false);
  }

  /** What is kept of an update; nothing of one that cannot be written down (nested too deep), which holds up no other. */
  #written(update: Update): readonly InboxUpdate[] {
    const { tell, ours = () => [] } = this.#options;
    const updateId = update.update_id;
    try {
      return [{ updateId, body: withoutKeys(update, ours()) }];
    } catch (error) {
      tell({ event: 'update.failed', updateId, error, setAside: true });
      return [];
    }
  }

  #restAfter(error: unknown, failures: number): number {
    const isTelegrams = error instanceof GrammyError || error instanceof HttpError;
    const trouble = isTelegrams ? troubleOf(error) : 'storage';
    if (trouble === 'unauthorized') throw new TokenRefused();
    if (trouble === 'conflict') return this.#contest.lose();
    return (error instanceof GrammyError ? holdOf(error) : undefined) ?? this.#restMs(failures);
  }

  #restMs(failures: number): number {
    return backoffMs(failures, { baseMs: 1_000, capMs: 30_000 }, this.#options.random);
  }

  async #purge(): Promise<void> {
    const nowMs = this.#options.clock.now();
    if (nowMs - this.#purgedMs < dayMs / 24) return;
    this.#purgedMs = nowMs;
    await this.#options.inbox.purge(nowMs);
  }
}
