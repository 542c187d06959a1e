import type { Payment } from '../../domain/payments/payment.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { textOptions } from '../delivery/media-message.ts';
import { classifyTelegramError, describeTelegramError, isShut } from '../outbox/telegram-error.ts';

export type TellPaymentDeps = Pick<BotDeps, 'payments' | 'users' | 'messages' | 'matchLocale' | 'emit'>;

/**
 * Tells the person what became of a payment, once: in the language of `locale`, else in the one they chose. Throws where
 * Telegram cannot be reached, so that it is told later; who cannot be written to sees it in /premium.
 */
export async function tellPayment(
  { payments, users, messages, matchLocale, emit }: TellPaymentDeps,
  api: BotContext['api'],
  payment: Payment,
  locale?: string,
): Promise<void> {
  if (payment.isTold || payment.state === 'refunding') return;
  const language = locale ?? (await users.find(payment.userId)).locale ?? matchLocale(undefined);
  const view = messages.paymentTold(payment, await payments.resultsLeft(payment.userId), language);
  try {
    await api.sendMessage(payment.userId, view.text, textOptions(view));
  } catch (error) {
    if (!isShut(classifyTelegramError(error))) throw error;
    emit({ event: 'telegram.error', method: 'sendMessage', detail: describeTelegramError(error) });
  }
  await payments.noteTold(payment.id);
}
