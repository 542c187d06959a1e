import type { Bot } from 'grammy';
import type { Update } from 'grammy/types';
import type { Emit } from '../../domain/events.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Secret } from '../../kit/secret.ts';
import type { BotContext } from '../context.ts';
import { wantedUpdates } from './poller.ts';
import { CallRetries, describePollError, type UpdateSink, type UpdateSource } from './update-source.ts';

/** How often Telegram is asked whether the webhook still stands, which also shows that it answers. */
const checkEveryMs = 60_000;
/** As many updates come at once. */
const maxConnections = 40;

export type WebhookSourceOptions = {
  readonly bot: Bot<BotContext>;
  /** Where Telegram sends updates, and the word by which they are known to be Telegram's. */
  readonly webhook: { readonly url: string; readonly secret: Secret };
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** The storage was unavailable, and Telegram has to send the update again. */
  readonly onNotStored?: (update: Update) => void;
};

/**
 * Telegram sends each update to a webhook. The bot sets it at the start and again when somebody has removed or replaced it;
 * it stays when the bot stops, so that Telegram keeps what comes meanwhile. A start without WEBHOOK_URL removes it.
 */
export class WebhookSource implements UpdateSource {
  readonly #options: WebhookSourceOptions;
  #delivering: { readonly sink: UpdateSink; readonly signal: AbortSignal } | undefined;
  #lastAnswerMonotonicMs: number | undefined;

  constructor(options: WebhookSourceOptions) {
    this.#options = options;
  }

  get lastAnswerMonotonicMs(): number | undefined {
    return this.#lastAnswerMonotonicMs;
  }

  /** Takes one update; true only when it is durable, so that Telegram may forget it. Never rejects. */
  async accept(update: object): Promise<boolean> {
    const delivering = this.#delivering;
    if (delivering === undefined || delivering.signal.aborted) return false;
    const { sink, signal } = delivering;
    try {
      await sink.capacity();
      return (await sink.take([update as Update], signal)) === 1;
    } catch (error) {
      // The storage reports its outages itself.
      if (isStorageRefusal(error)) this.#options.onNotStored?.(update as Update);
      else if (!signal.aborted) {
        this.#options.emit({ event: 'app.error', what: 'take an update from the webhook', error });
      }
      return false;
    }
  }

  listen(sink: UpdateSink, signal: AbortSignal): void {
    this.#delivering = { sink, signal };
  }

  async deliver(_sink: UpdateSink, signal: AbortSignal): Promise<void> {
    const { clock, random, emit } = this.#options;
    const retries = new CallRetries(clock, random, async () => true);
    while (!signal.aborted) {
      let waitMs = checkEveryMs;
      try {
        await this.#keepSet(signal);
        retries.succeeded();
        this.#lastAnswerMonotonicMs = clock.monotonicMs();
      } catch (error) {
        if (signal.aborted) return;
        waitMs = await retries.afterFailure(error);
        emit({ event: 'telegram.error', method: 'setWebhook', detail: describePollError(error), retryInMs: waitMs });
      }
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }

  async #keepSet(signal: AbortSignal): Promise<void> {
    const { bot, webhook } = this.#options;
    const { url, secret } = webhook;
    const stop = signal as Parameters<typeof bot.api.getWebhookInfo>[0];
    // The secret of a webhook cannot be asked for, so the first call always sets it.
    if (this.#lastAnswerMonotonicMs !== undefined && (await bot.api.getWebhookInfo(stop)).url === url) return;
    await bot.api.setWebhook(
      url,
      { secret_token: secret.reveal(), max_connections: maxConnections, allowed_updates: wantedUpdates },
      stop,
    );
  }
}
