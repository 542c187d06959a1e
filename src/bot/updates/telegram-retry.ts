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

/** How long to wait after a failed call that is made until it succeeds; `failures` in a row. Throws TokenRefused. */
export function retryDelayMs(error: unknown, failures: number, random: Random): number {
  const isTelegrams = error instanceof GrammyError || error instanceof HttpError;
  if (isTelegrams && classifyTelegramError(error) === 'unauthorized') throw new TokenRefused();
  const holdMs = error instanceof GrammyError ? retryAfterOf(error) : undefined;
  return holdMs ?? backoffMs(failures, { baseMs: 1_000, capMs: 30_000 }, random);
}
