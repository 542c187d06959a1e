import type { Update } from 'grammy/types';
import { GrammyError, HttpError } from 'grammy';
import { backoffMs, type Random } from '../../kit/backoff.ts';
import { retryAfterOf, classifyTelegramError } from '../outbox/telegram-error.ts';

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
  /** Delivers updates to the sink until the signal aborts; throws TokenRefused. */
  deliver(sink: UpdateSink, signal: AbortSignal): Promise<void>;
};

/** Telegram refused the token: only a new one helps. */
export class TokenRefused extends Error {
  constructor() {
    super(
      'Cannot talk to Telegram: it refused the bot token; ask @BotFather for the current one and set TELEGRAM_BOT_TOKEN',
    );
    this.name = 'TokenRefused';
  }
}

/** Milliseconds until the next try of a call after `failures` consecutive failures. Throws TokenRefused. */
export function retryDelayMs(error: unknown, failures: number, random: Random): number {
  const isFromTelegram = error instanceof GrammyError || error instanceof HttpError;
  if (isFromTelegram && classifyTelegramError(error) === 'unauthorized') throw new TokenRefused();
  const holdMs = error instanceof GrammyError ? retryAfterOf(error) : undefined;
  return holdMs ?? backoffMs(failures, { baseMs: 1_000, capMs: 30_000 }, random);
}
