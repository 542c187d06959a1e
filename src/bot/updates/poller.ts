import { type Bot, GrammyError } from 'grammy';
import type { Emit } from '../../domain/events.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Random } from '../../kit/backoff.ts';
import type { BotContext } from '../context.ts';
import { retryDelayMs } from './telegram-retry.ts';
import { describeTelegramError, classifyTelegramError } from '../outbox/telegram-error.ts';
import { PollingConflict } from './polling-conflict.ts';
import type { UpdateSink, UpdateSource } from './update-source.ts';

const pollS = 25;
const storageRetryMs = 1_000;

const wantedUpdates = ['message', 'callback_query', 'my_chat_member'] as const;

export type PollerOptions = {
  readonly bot: Bot<BotContext>;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
};

/**
 * Polls for updates: getUpdates -> the sink stores the batch -> the next getUpdates confirms it to Telegram. So at every
 * moment an update is either with Telegram or stored here. The first poll has no offset; the sink drops what it knows.
 */
export class Poller implements UpdateSource {
  readonly #options: PollerOptions;
  readonly #conflict: PollingConflict;
  #lastAnswerMonotonicMs: number | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#conflict = new PollingConflict(options.clock, options.emit);
  }

  get lastAnswerMonotonicMs(): number | undefined {
    return this.#lastAnswerMonotonicMs;
  }

  async deliver(sink: UpdateSink, signal: AbortSignal): Promise<void> {
    const { bot, clock, emit } = this.#options;
    let offset: number | undefined;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await sink.capacity();
        const batch = await bot.api.getUpdates(
          { timeout: pollS, limit: 100, allowed_updates: wantedUpdates, ...(offset === undefined ? {} : { offset }) },
          signal as Parameters<typeof bot.api.getUpdates>[1],
        );
        failures = 0;
        this.#lastAnswerMonotonicMs = clock.monotonicMs();
        this.#conflict.pollSucceeded();
        const taken = await sink.take(batch, signal);
        const last = batch[taken - 1];
        if (last !== undefined) offset = last.update_id + 1;
        if (taken < batch.length) await clock.sleep(storageRetryMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        // Reported by the storage.
        if (isStorageRefusal(error)) {
          await clock.sleep(storageRetryMs, signal).catch(() => undefined);
          continue;
        }
        if (await this.#removedWebhook(error)) continue;
        const waitMs = this.#waitMs(error, failures);
        emit({
          event: 'telegram.error',
          method: 'getUpdates',
          detail: describeTelegramError(error),
          retryInMs: waitMs,
        });
        await clock.sleep(waitMs, signal).catch(() => undefined);
      }
    }
  }

  /** Telegram delivers nothing to a poll while a webhook is set, so the webhook is removed. */
  async #removedWebhook(error: unknown): Promise<boolean> {
    if (!(error instanceof GrammyError) || !/webhook is active/.test(error.description)) return false;
    const { bot, emit } = this.#options;
    emit({ event: 'telegram.error', method: 'getUpdates', detail: 'a webhook is set for this bot; it is removed' });
    return bot.api.deleteWebhook().catch(() => false);
  }

  #waitMs(error: unknown, failures: number): number {
    if (error instanceof GrammyError && classifyTelegramError(error) === 'conflict') return this.#conflict.pollEnded();
    return retryDelayMs(error, failures, this.#options.random);
  }
}
