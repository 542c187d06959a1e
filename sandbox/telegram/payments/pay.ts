import type { StoredChat } from '../chats.ts';
import type { InvoiceOrder } from './invoice-order.ts';
import { limits } from '../limits.ts';
import { paymentFor } from './star-payments.ts';
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
  const { payments, updates, clock } = state;
  const charge = payments.charge(userId, chat.id, order);
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
      words: `Paid ⭐ ${order.amount} for “${order.title}”`,
      fields: { successful_payment: paymentFor(charge, state.nowS()) },
    },
  });
  const updateId = updates.add('message', messageFor(state, chat, message));
  clock.schedule(limits.invoice.redeliverAfterMs, () => updates.redeliver(updateId));
  return { kind: 'paid', chargeId: charge.id, messageId: message.id, updateId };
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
