import type { Update } from 'grammy/types';
import { GrammyError, HttpError } from 'grammy';
import { backoffMs, type Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import { describeTelegramError, retryAfterOf, classifyTelegramError } from '../outbox/telegram-error.ts';

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
    return holdMs ?? backoffMs(this.#failures, { baseMs: 1_000, capMs: 30_000 }, this.#random);
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
