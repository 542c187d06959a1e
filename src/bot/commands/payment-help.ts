import { Composer } from 'grammy';
import { isSelling } from '../../domain/payments/price-list.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { textOptions } from '../delivery/media-message.ts';
import { isCommand, wordsAfterCommand } from '../message-words.ts';
import { isAdminHere } from '../middleware/identify.ts';
import { classifyTelegramError, isTransient } from '../outbox/telegram-error.ts';
import { refund } from '../payments/refunds.ts';
import { reply } from '../reply.ts';

const listed = 10;

/**
 * /paysupport brings a person's words to the admins, /terms shows what one agrees to, /refund lists payments to an admin
 * and refunds one. Where nothing is sold the first two are unknown commands; what was sold before can still be refunded.
 */
export function paymentHelpCommands(deps: BotDeps): Composer<BotContext> {
  const { messages, payments, prices, termsUrl } = deps;
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('paysupport'), async (ctx, next) => {
    const { locale, userId } = ctx.speaker;
    const own = await payments.latest(listed, userId);
    if (!isSelling(prices) && own.length === 0) return next();
    const words = wordsAfterCommand(ctx).trim();
    if (words === '') return reply(ctx, messages.paySupport(own, locale));
    return reply(ctx, messages.paySupportSent(await askAdmins(ctx, deps, words), locale));
  });
  feature.filter(isCommand('terms'), async (ctx, next) => {
    if (!isSelling(prices)) return next();
    return reply(ctx, messages.terms(termsUrl, ctx.speaker.locale));
  });
  feature.filter(isCommand('refund')).filter(isAdminHere, async (ctx) => {
    const { locale } = ctx.speaker;
    const words = wordsAfterCommand(ctx).trim();
    if (words === '') return reply(ctx, messages.refundList(await payments.latest(listed), locale));
    const id = /^#?([1-9][0-9]{0,14})$/.exec(words)?.[1];
    const payment = id === undefined ? undefined : await payments.find(Number(id));
    if (payment === undefined) return reply(ctx, messages.refundEnding({ kind: 'unknown' }, locale));
    const ending = await refund(deps, ctx.api, payment.chargeId, 'admin');
    // Who refunded what is worth knowing; by the number of the payment, not by its charge id.
    if (ending.kind === 'refunded')
      await deps.admin.note('refund', `payment ${ending.payment.id}`).catch(() => undefined);
    return reply(ctx, messages.refundEnding(ending, locale));
  });
  return feature;
}

/** True when one admin at least has the person's words, with their payments for a refund. */
async function askAdmins(ctx: BotContext, deps: BotDeps, words: string): Promise<boolean> {
  const { payments, messages, users, matchLocale, adminIds } = deps;
  const { userId } = ctx.speaker;
  const own = await payments.latest(listed, userId);
  let isSent = false;
  for (const adminId of adminIds) {
    const { locale, heardLocale } = await users.find(adminId);
    const view = messages.paySupportAsked({ userId, words, own }, locale ?? heardLocale ?? matchLocale(undefined));
    try {
      await ctx.api.sendMessage(adminId, view.text, textOptions(view));
      isSent = true;
    } catch (error) {
      // The others are asked all the same; where nobody could be, the person is told.
      if (isTransient(classifyTelegramError(error)) && adminIds.size === 1) throw error;
    }
  }
  return isSent;
}
