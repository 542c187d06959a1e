import { GrammyError } from 'grammy';
import type { Payment } from '../../domain/payments/payment.ts';
import type { BotContext } from '../context.ts';
import { classifyTelegramError, describeTelegramError, isTransient } from '../outbox/telegram-error.ts';
import { tellPayment, type TellPaymentDeps } from './tell-payment.ts';

export type RefundEnding =
  | { readonly kind: 'refunded' | 'already'; readonly payment: Payment }
  | { readonly kind: 'unknown' }
  /** Telegram does not refund it; everything is as before. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Telegram could not be asked: what was bought stays out of use, and it is asked again. */
  | { readonly kind: 'later' };

/**
 * Refunds a payment. What it bought is taken out of use first, durably, so that nobody uses it while Telegram is asked; a
 * request that it has paid for already is finished. A subscription is not renewed any more.
 */
export async function refund(
  deps: TellPaymentDeps,
  api: BotContext['api'],
  chargeId: string,
  by: 'admin' | 'telegram',
): Promise<RefundEnding> {
  const { payments, emit } = deps;
  const begun = await payments.beginRefund(chargeId);
  if (begun === undefined) return { kind: 'unknown' };
  const { payment } = begun;
  if (payment.state === 'refunded') return { kind: 'already', payment };
  try {
    // Without it Telegram would charge the next period all the same; one that is over cannot be canceled.
    if (payment.untilMs !== undefined) await stopRenewal(deps, api, payment);
    await api.refundStarPayment(payment.userId, chargeId);
  } catch (error) {
    const isDone = error instanceof GrammyError && /ALREADY_REFUNDED/.test(error.description);
    if (!isDone && isTransient(classifyTelegramError(error))) return { kind: 'later' };
    if (!isDone) {
      await payments.refuseRefund(chargeId);
      return { kind: 'refused', detail: describeTelegramError(error) };
    }
  }
  const refunded = await payments.refunded(payment);
  const { id: paymentId, userId, stars } = payment;
  // Telegram's own message about it may have come first.
  if (refunded.isChanged) {
    emit({ event: 'payment.refunded', paymentId, userId, stars, by });
    await tellPayment(deps, api, refunded.payment).catch(() => undefined);
  }
  return { kind: 'refunded', payment: refunded.payment };
}

async function stopRenewal(
  { payments }: TellPaymentDeps,
  api: BotContext['api'],
  { userId, chargeId, payload }: Payment,
): Promise<void> {
  const first = (await payments.firstChargeOf(userId, payload)) ?? chargeId;
  try {
    await api.editUserStarSubscription(userId, first, true);
  } catch (error) {
    if (isTransient(classifyTelegramError(error))) throw error;
  }
}
