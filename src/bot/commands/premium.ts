import { Composer } from 'grammy';
import { isAdminHere } from '../middleware/identify.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { reply } from '../reply.ts';
import { textOptions } from '../delivery/view-options.ts';
import { describeTelegramError, classifyTelegramError } from '../outbox/telegram-error.ts';

const grant = /^([1-9][0-9]{0,15})\s+([1-9][0-9]{0,3})$/;

/** /premium tells what it changes; `/premium <user id> <days>` gives it, on an admin's word. */
export function premiumCommands(deps: BotDeps): Composer<BotContext> {
  const { messages, users, admin } = deps;
  const feature = new Composer<BotContext>();
  feature.command('premium', async (ctx) => {
    const { speaker } = ctx;
    const words = ctx.match.trim();
    if (words === '' || !isAdminHere(ctx)) {
      const { perDay, running, waiting } = deps;
      const { userId, lane, premiumUntilMs: untilMs } = speaker;
      return reply(ctx, messages.premiumInfo(speaker.locale, { userId, lane, untilMs, perDay, running, waiting }));
    }
    const [, userId, days] = grant.exec(words) ?? [];
    if (userId === undefined || days === undefined) return reply(ctx, messages.premiumUsage(speaker.locale));
    // Handled again after a kill, the same update gives nothing more.
    const added = await admin.people.addPremium(Number(userId), Number(days), `tg-${ctx.update.update_id}`);
    if (added.kind === 'asked') return;
    const gift = { userId: Number(userId), untilMs: added.value };
    await attempt(deps, () => reply(ctx, messages.premiumGranted(speaker.locale, gift)));
    const { locale = deps.matchLocale(undefined) } = await users.find(gift.userId);
    const news = messages.premiumReceived(locale, gift);
    await attempt(deps, () => ctx.api.sendMessage(gift.userId, news.text, textOptions(news)));
  });
  return feature;
}

/** The gift stands whether or not its news arrives: a handler that failed would be run, and give, once more. */
async function attempt({ emit }: BotDeps, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    // Whoever never wrote to the bot, or blocked it, finds out from /premium.
    if (classifyTelegramError(error) === 'closed') return;
    emit({ event: 'telegram.error', method: 'sendMessage', detail: describeTelegramError(error) });
  }
}
