import { Composer } from 'grammy';
import { isAdminHere } from '../middleware/identify.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { premiumFactsOf } from '../payments/shop.ts';
import { reply } from '../reply.ts';
import { isCommand, wordsAfterCommand } from '../message-words.ts';
import { textOptions } from '../delivery/media-message.ts';
import { describeTelegramError, classifyTelegramError } from '../outbox/telegram-error.ts';

const grant = /^([1-9][0-9]{0,15})\s+([1-9][0-9]{0,3})$/;

/** /premium shows what it changes; with `<user id> <days>` an admin grants it. */
export function premiumCommands(deps: BotDeps): Composer<BotContext> {
  const { messages, users, admin } = deps;
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('premium'), async (ctx) => {
    const { speaker } = ctx;
    const words = wordsAfterCommand(ctx);
    if (words === '' || !isAdminHere(ctx)) {
      return reply(ctx, messages.premiumInfo(speaker.locale, await premiumFactsOf(ctx, deps)));
    }
    const [, userId, days] = grant.exec(words) ?? [];
    if (userId === undefined || days === undefined) return reply(ctx, messages.premiumUsage(speaker.locale));
    // The update id makes the grant idempotent when the update is handled again after a crash.
    const added = await admin.people.addPremium(Number(userId), Number(days), `tg-${ctx.update.update_id}`);
    if (added.kind === 'asked') return;
    const gift = { userId: Number(userId), untilMs: added.value };
    await trySend(deps, () => reply(ctx, messages.premiumGranted(speaker.locale, gift)));
    const { locale = deps.matchLocale(undefined) } = await users.find(gift.userId);
    const notice = messages.premiumReceived(locale, gift);
    await trySend(deps, () => ctx.api.sendMessage(gift.userId, notice.text, textOptions(notice)));
  });
  return feature;
}

/** A failed message must not fail the handler, since the grant is stored. */
async function trySend({ emit }: BotDeps, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    // A person without an open chat sees it in /premium.
    if (classifyTelegramError(error) === 'closed') return;
    emit({ event: 'telegram.error', method: 'sendMessage', detail: describeTelegramError(error) });
  }
}
