import { BotError, type Bot } from 'grammy';
import type { Update } from 'grammy/types';
import PQueue from 'p-queue';
import type { Tell } from '../domain/events.ts';
import type { Inbox, InboxUpdate } from '../domain/inbox.ts';
import { backoffMs } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import type { Random } from '../kit/random.ts';
import type { Secret } from '../kit/secret.ts';
import type { BotContext } from './context.ts';
import { describeTrouble, troubleOf } from './telegram-trouble.ts';
import { withoutKeys } from './typed-keys.ts';

const pollS = 25;
const handledAtOnce = 200;
/** More unhandled updates than this and the poller waits before it takes further ones out of Telegram's hands. */
const mostUnhandled = 1_000;
const tryAgainMs = 1_000;
const conflictRestMs = 5_000;
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
  readonly #handlers = new PQueue({ concurrency: handledAtOnce });
  #lastAnswerMs: number | undefined;
  #purgedMs = 0;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** When Telegram answered last. */
  get lastAnswerMs(): number | undefined {
    return this.#lastAnswerMs;
  }

  /** Asks Telegram who we are, for as long as it takes; throws TokenRefused. */
  async introduce(signal: AbortSignal): Promise<void> {
    const { bot, tell } = this.#options;
    for (let failures = 1; ; failures += 1) {
      try {
        // `bot.init` would retry by itself, hidden from the log and deaf to the signal between two tries.
        bot.botInfo = await bot.api.getMe(signal as Parameters<typeof bot.api.getMe>[0]);
        this.#lastAnswerMs = this.#options.clock.now();
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (troubleOf(error) === 'unauthorized') throw new TokenRefused();
        const waitMs = this.#restMs(failures);
        tell({ event: 'telegram.trouble', method: 'getMe', detail: describeTrouble(error), retryInMs: waitMs });
        await this.#options.clock.sleep(waitMs, signal);
      }
    }
  }

  /** Polls until the signal aborts; throws TokenRefused. */
  async run(signal: AbortSignal): Promise<void> {
    const { bot, inbox, clock, tell, ours = () => [] } = this.#options;
    for (const update of await inbox.unhandled()) this.#dispatch(update, signal);
    let offset: number | undefined;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#handlers.onSizeLessThan(mostUnhandled);
        const batch = await bot.api.getUpdates(
          { timeout: pollS, limit: 100, allowed_updates: wanted, ...(offset === undefined ? {} : { offset }) },
          signal as Parameters<typeof bot.api.getUpdates>[1],
        );
        failures = 0;
        this.#lastAnswerMs = clock.now();
        const updates = batch.map((update) => ({ updateId: update.update_id, body: withoutKeys(update, ours()) }));
        for (const update of await inbox.keep(updates, clock.now())) this.#dispatch(update, signal);
        offset = (batch.at(-1)?.update_id ?? (offset ?? 0) - 1) + 1;
        if (offset === 0) offset = undefined;
        await this.#purge();
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        const waitMs = this.#restAfter(error, failures);
        tell({ event: 'telegram.trouble', method: 'getUpdates', detail: describeTrouble(error), retryInMs: waitMs });
        await clock.sleep(waitMs, signal).catch(() => undefined);
      }
    }
  }

  /** Resolves when no handler runs any more. */
  async idle(): Promise<void> {
    await this.#handlers.onIdle();
  }

  #dispatch(update: InboxUpdate, signal: AbortSignal): void {
    void this.#handlers.add(() => this.#handle(update, signal));
  }

  async #handle({ updateId, body }: InboxUpdate, signal: AbortSignal): Promise<void> {
    const { bot, inbox, clock, tell } = this.#options;
    for (;;) {
      try {
        await bot.handleUpdate(JSON.parse(body) as Update);
        return await inbox.handled(updateId);
      } catch (error) {
        // Left for the next start when the house closes meanwhile.
        if (signal.aborted) return;
        const after = await inbox.failed(updateId).catch(() => 'again' as const);
        tell({ event: 'update.failed', updateId, error: plainCause(error), setAside: after === 'set-aside' });
        if (after === 'set-aside') return;
        try {
          await clock.sleep(tryAgainMs, signal);
        } catch {
          return;
        }
      }
    }
  }

  #restAfter(error: unknown, failures: number): number {
    const trouble = error instanceof Error && !isTelegrams(error) ? 'storage' : troubleOf(error);
    if (trouble === 'unauthorized') throw new TokenRefused();
    return trouble === 'conflict' ? conflictRestMs : this.#restMs(failures);
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

/** What went wrong without what grammY hangs on it: its errors hold the context, and with it the token and people's words. */
function plainCause(error: unknown): unknown {
  const cause = error instanceof BotError ? error.error : error;
  return cause instanceof Error && isTelegrams(cause) ? describeTrouble(cause) : cause;
}

function isTelegrams(error: Error): boolean {
  return error.name === 'GrammyError' || error.name === 'HttpError';
}
