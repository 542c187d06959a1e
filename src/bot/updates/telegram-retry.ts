import { GrammyError, HttpError } from 'grammy';
import { backoffMs, type Random } from '../../kit/backoff.ts';
import { retryAfterOf, classifyTelegramError } from '../outbox/telegram-error.ts';

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
