import { Composer } from 'grammy';
import { refusalOfCheckout } from '../../domain/payments/price-list.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { classifyTelegramError } from '../outbox/telegram-error.ts';

/**
 * Answers an open checkout, the moment before Stars move: Telegram waits 10 s and then drops the payment. It stands before
 * every other handler and shares its lane with no other update, so nothing that a chat has to wait for delays it.
 */
export function checkout(deps: BotDeps): Composer<BotContext> {
  const { payments, prices, users, messages, matchLocale, takesWrites, clock, emit } = deps;
  const feature = new Composer<BotContext>();
  feature.on('pre_checkout_query', async (ctx) => {
    const { from, currency, total_amount: stars, invoice_payload: payload } = ctx.preCheckoutQuery;
    const isSubscribed = (await payments.subscriptionOf(from.id, clock.now()))?.renewal === 'on';
    // Telegram would keep the payment for us, but its person would wait for what they paid.
    const refusal = takesWrites()
      ? refusalOfCheckout({ currency, stars, payload }, prices, isSubscribed)
      : 'unavailable';
    try {
      if (refusal === undefined) return void (await ctx.answerPreCheckoutQuery(true));
      const locale = (await users.find(from.id)).locale ?? matchLocale(from.language_code);
      emit({ event: 'checkout.declined', userId: from.id, why: refusal });
      await ctx.answerPreCheckoutQuery(false, messages.checkoutDeclined(refusal, locale));
    } catch (error) {
      // Too late, as after a restart: no Star has moved, and Telegram has told the person.
      if (classifyTelegramError(error) !== 'stale-query') throw error;
      emit({ event: 'checkout.declined', userId: from.id, why: 'too-late' });
    }
  });
  return feature;
}
