import type { StarAmount, StarTransactions } from 'grammy/types';
import { type ApiCall, type ApiMethod, writableChatOf, replyOf, threadOf } from './api-call.ts';
import { badRequest } from '../api-error.ts';
import { readInvoiceOrder, readPeriod } from '../payments/invoice-order.ts';
import { limits } from '../limits.ts';
import { readReplyMarkup } from '../messages/reply-markup.ts';
import { messageFor, userFor } from '../messages/bot-api-objects.ts';

const sendInvoice: ApiMethod = (call) => {
  const { state, params } = call;
  const chat = writableChatOf(call);
  const order = readInvoiceOrder(params);
  const keyboard = readReplyMarkup(params);
  const firstButton = keyboard?.inline_keyboard[0]?.[0];
  if (firstButton !== undefined && !('pay' in firstButton)) throw badRequest('REPLY_MARKUP_BUY_EMPTY');
  const threadId = threadOf(params, chat);
  const replyTo = replyOf(params, chat);
  const message = state.post(chat, {
    from: 'bot',
    content: { kind: 'invoice', order },
    ...(keyboard === undefined ? {} : { keyboard }),
    ...(threadId === undefined ? {} : { threadId }),
    ...(replyTo === undefined ? {} : { replyTo }),
  });
  return messageFor(state, chat, message);
};

const createInvoiceLink: ApiMethod = ({ state, params }) => {
  const order = readInvoiceOrder(params);
  const periodS = readPeriod(params, order.amount);
  return state.payments.addLink(periodS === undefined ? order : { ...order, periodS });
};

const answerPreCheckoutQuery: ApiMethod = ({ state, params }) => {
  const ok = params.flag('ok');
  const words = params.text('error_message').trim();
  if (!ok && words === '') throw badRequest('parameter "error_message" is required when the checkout is declined');
  const id = params.text('pre_checkout_query_id');
  state.payments.answerCheckout(id, ok ? { kind: 'accepted' } : { kind: 'declined', words });
  return true;
};

const chargeOf = ({ state, params }: ApiCall) =>
  state.payments.chargeOf(params.integer('user_id'), params.text('telegram_payment_charge_id'));

const refundStarPayment: ApiMethod = (call) => {
  const { state } = call;
  const charge = chargeOf(call);
  if (charge.refunded) throw badRequest('CHARGE_ALREADY_REFUNDED');
  charge.refunded = true;
  const { id, userId, chatId, order } = charge;
  const user = userFor(state.profileOf(userId));
  state.payments.transactions.push({
    id,
    amount: order.amount,
    date: state.nowS(),
    receiver: { type: 'user', transaction_type: 'invoice_payment', user, invoice_payload: order.payload },
  });
  const chat = state.chats.get(chatId);
  if (chat === undefined) return true;
  const refund = {
    currency: 'XTR',
    total_amount: order.amount,
    invoice_payload: order.payload,
    telegram_payment_charge_id: id,
  };
  const words = `⭐ ${order.amount} for “${order.title}” came back`;
  const message = state.post(chat, {
    from: userId,
    content: { kind: 'service', words, fields: { refunded_payment: refund } },
  });
  state.updates.add('message', messageFor(state, chat, message));
  return true;
};

/** Cancels, or lets the person resume what the bot has canceled; a subscription whose period is over can be neither. */
const editUserStarSubscription: ApiMethod = ({ state, params }) => {
  const chargeId = params.text('telegram_payment_charge_id');
  const subscription = state.payments.subscriptionOf(params.integer('user_id'), chargeId);
  if (!params.has('is_canceled')) throw badRequest('parameter "is_canceled" is required');
  if (subscription.untilS <= state.nowS()) throw badRequest('SUBSCRIPTION_NOT_ACTIVE');
  if (params.flag('is_canceled')) subscription.canceledBy = 'bot';
  else if (subscription.canceledBy === 'bot') subscription.canceledBy = 'person';
  return true;
};

const getStarTransactions: ApiMethod = ({ state, params }): StarTransactions => {
  const offset = params.integer('offset');
  const limit = params.integer('limit', limits.invoice.transactions);
  if (offset < 0 || limit < 1 || limit > limits.invoice.transactions) throw badRequest('LIMIT_INVALID');
  return { transactions: state.payments.transactions.slice(offset, offset + limit) };
};

const getMyStarBalance: ApiMethod = ({ state }): StarAmount => ({ amount: state.payments.balance });

export const paymentMethods: Readonly<Record<string, ApiMethod>> = {
  sendInvoice,
  createInvoiceLink,
  answerPreCheckoutQuery,
  refundStarPayment,
  editUserStarSubscription,
  getStarTransactions,
  getMyStarBalance,
};
