import type { StoredChat } from '../chats.ts';
import type { InvoiceOrder } from './invoice-order.ts';
import { limits } from '../limits.ts';
import { type Charge, paymentFor, type StarSubscription } from './star-payments.ts';
import type { TelegramState } from '../telegram-state.ts';
import { messageFor, userFor } from '../messages/bot-api-objects.ts';

export type PaymentOutcome =
  /** `updateId` is the update with the payment; it is delivered a second time a little later. */
  | { readonly kind: 'paid'; readonly chargeId: string; readonly messageId: number; readonly updateId: number }
  | { readonly kind: 'declined'; readonly words: string }
  /** The bot did not answer the checkout within 10 s. */
  | { readonly kind: 'expired' };

export type Payment = {
  readonly updateId: number;
  readonly outcome: Promise<PaymentOutcome>;
};

/** Pays an invoice message of the chat, or an invoice link; throws when there is none. */
export function pay(state: TelegramState, chat: StoredChat, userId: number, invoice: number | string): Payment {
  const order = orderOf(state, chat, invoice);
  const { promise: outcome, resolve } = Promise.withResolvers<PaymentOutcome>();
  const from = userFor(state.profileOf(userId));
  const id = state.payments.openCheckout((answer) => {
    resolve(answer.kind === 'accepted' ? settle(state, chat, userId, order) : answer);
  });
  const updateId = state.updates.add('pre_checkout_query', {
    id,
    from,
    currency: 'XTR',
    total_amount: order.amount,
    invoice_payload: order.payload,
  });
  return { updateId, outcome };
}

function settle(state: TelegramState, chat: StoredChat, userId: number, order: InvoiceOrder): PaymentOutcome {
  const { payments } = state;
  const charge = payments.charge(userId, chat.id, order);
  if (order.periodS === undefined) return deliver(state, chat, charge, undefined, true);
  const untilS = state.nowS() + order.periodS;
  payments.subscriptions.set(charge.id, { firstCharge: charge, untilS, canceledBy: undefined });
  return deliver(state, chat, charge, untilS, true);
}

/** Keeps the transaction, posts the service message, and delivers its update twice. */
function deliver(
  state: TelegramState,
  chat: StoredChat,
  charge: Charge,
  untilS: number | undefined,
  isFirst: boolean,
): Extract<PaymentOutcome, { kind: 'paid' }> {
  const { payments, updates, clock } = state;
  const { order, userId } = charge;
  payments.transactions.push({
    id: charge.id,
    amount: order.amount,
    date: state.nowS(),
    source: {
      type: 'user',
      transaction_type: 'invoice_payment',
      user: userFor(state.profileOf(userId)),
      invoice_payload: order.payload,
      ...(order.periodS === undefined ? {} : { subscription_period: order.periodS }),
    },
  });
  const message = state.post(chat, {
    from: userId,
    content: {
      kind: 'service',
      words: `${isFirst ? 'Paid' : 'Renewed:'} ⭐ ${order.amount} for “${order.title}”`,
      fields: { successful_payment: paymentFor(charge, untilS, isFirst) },
    },
  });
  const outcome = { kind: 'paid', chargeId: charge.id, messageId: message.id, updateId: 0 } as const;
  if (payments.losesMessages) return outcome;
  const updateId = updates.add('message', messageFor(state, chat, message));
  clock.schedule(limits.invoice.redeliverAfterMs, () => updates.redeliver(updateId));
  return { ...outcome, updateId };
}

/** Delivers the message about a payment once more, in an update of its own. */
export function repeatPayment(state: TelegramState, chat: StoredChat, messageId: number): number {
  const message = chat.messages.get(messageId);
  if (message?.content.kind !== 'service') throw new Error(`Cannot repeat message ${messageId}: it is no payment`);
  return state.updates.add('message', messageFor(state, chat, message));
}

/**
 * The end of a period: renews the person's newest subscription, or says why it is not renewed. A renewal has a charge id of
 * its own and the payload of the first payment.
 */
export function renewSubscription(
  state: TelegramState,
  chat: StoredChat,
  userId: number,
  hasStars = true,
): PaymentOutcome {
  const subscription = state.payments.latestOf(userId);
  const periodS = subscription?.firstCharge.order.periodS;
  if (subscription === undefined || periodS === undefined) throw new Error(`Person ${userId} has no subscription`);
  if (subscription.canceledBy !== undefined) return { kind: 'declined', words: 'The subscription was canceled' };
  if (!hasStars) {
    tellState(state, subscription, 'failed');
    return { kind: 'declined', words: 'The person has too few Stars' };
  }
  subscription.untilS += periodS;
  const charge = state.payments.charge(userId, chat.id, subscription.firstCharge.order);
  return deliver(state, chat, charge, subscription.untilS, false);
}

/** The person cancels or resumes their newest subscription in Telegram's settings; throws when they may not. */
export function cancelSubscription(state: TelegramState, userId: number, isCanceled: boolean): void {
  const subscription = state.payments.latestOf(userId);
  if (subscription === undefined) throw new Error(`Person ${userId} has no subscription`);
  if (!isCanceled && subscription.canceledBy === 'bot')
    throw new Error('The bot has canceled it and has to allow it first');
  subscription.canceledBy = isCanceled ? 'person' : undefined;
  tellState(state, subscription, isCanceled ? 'canceled' : 'active');
}

/** The update about a subscription. */
export function tellState(
  state: TelegramState,
  { firstCharge: { userId, order } }: StarSubscription,
  what: 'active' | 'canceled' | 'failed',
): void {
  const user = userFor(state.profileOf(userId));
  state.updates.add('subscription', { user, invoice_payload: order.payload, state: what });
}

function orderOf(state: TelegramState, chat: StoredChat, invoice: number | string): InvoiceOrder {
  if (typeof invoice === 'string') {
    const order = state.payments.orderOf(invoice);
    if (order === undefined) throw new Error(`Cannot pay ${invoice}: it is no invoice link of this bot`);
    return order;
  }
  const content = chat.messages.get(invoice)?.content;
  if (content?.kind !== 'invoice') throw new Error(`Cannot pay message ${invoice}: it is no invoice`);
  return content.order;
}
