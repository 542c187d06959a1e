import { Composer } from 'grammy';
import type { SuccessfulPayment } from 'grammy/types';
import type { Changed } from '../../domain/payments/payment-store.ts';
import type { Charge } from '../../domain/payments/payment.ts';
import type { Emit } from '../../domain/events.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { tellPayment } from './tell-payment.ts';

/** The charge in Telegram's message about a payment; `atS` and the end of the period are seconds since 1970. */
export function chargeOf(
  userId: number,
  atS: number,
  paid: Pick<SuccessfulPayment, 'telegram_payment_charge_id' | 'total_amount' | 'invoice_payload'> &
    Partial<Pick<SuccessfulPayment, 'subscription_expiration_date'>>,
): Charge {
  const untilS = paid.subscription_expiration_date;
  return {
    chargeId: paid.telegram_payment_charge_id,
    userId,
    stars: paid.total_amount,
    payload: paid.invoice_payload,
    atMs: atS * 1_000,
    ...(untilS === undefined ? {} : { untilMs: untilS * 1_000 }),
  };
}

/** Reports that a payment was credited, or that it is for nothing that is known; never its charge id. */
export function reportPaid(emit: Emit, { payment, isChanged }: Changed): void {
  const { id: paymentId, userId, stars, order, state } = payment;
  if (!isChanged) return;
  if (state === 'paid') emit({ event: 'payment.unclear', paymentId, userId, stars });
  if (state === 'credited' && order !== undefined) {
    emit({ event: 'payment.credited', paymentId, userId, stars, bought: order.kind });
  }
}

/**
 * Takes Telegram's messages about payments: the only proof that Stars have arrived or gone back. Each may come twice and
 * in any order; a payment is credited in one transaction, and told after that.
 */
export function paymentMessages(deps: BotDeps): Composer<BotContext> {
  const { payments, emit } = deps;
  const feature = new Composer<BotContext>();
  feature.on('message:successful_payment', async (ctx) => {
    const { successful_payment: paid, date, from } = ctx.message;
    const changed = await payments.charged(chargeOf(from.id, date, paid), 'message');
    reportPaid(emit, changed);
    await tellPayment(deps, ctx.api, changed.payment, ctx.speaker.locale);
  });
  feature.on('message:refunded_payment', async (ctx) => {
    const { refunded_payment: refund, date, from } = ctx.message;
    const { payment, isChanged } = await payments.refunded(chargeOf(from.id, date, refund));
    const { id: paymentId, userId, stars } = payment;
    // A refund of ours is reported and told where it was asked for.
    if (!isChanged) return;
    emit({ event: 'payment.refunded', paymentId, userId, stars, by: 'telegram' });
    await tellPayment(deps, ctx.api, payment, ctx.speaker.locale);
  });
  // The filter for one state never matches in this version of grammY.
  feature.on('subscription', async (ctx) => {
    const { user, invoice_payload: payload, state } = ctx.subscription;
    await payments.setRenewal(user.id, payload, state === 'active' ? 'on' : state);
    emit({ event: 'subscription.changed', userId: user.id, state });
  });
  return feature;
}
