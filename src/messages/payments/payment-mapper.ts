import type { Payment } from '../../domain/payments/payment.ts';
import type { CheckoutRefusal, Order } from '../../domain/payments/price-list.ts';
import type { Localizer } from '../catalog.ts';
import { declinedWords, invoiceWords, paymentLine, paymentToldView } from './payment-views.ts';
import { type OperatorLines, withOperator } from '../people/people-views.ts';
import { lines } from '../phrases.ts';
import { excerpt, type MessageView, safe, withoutLinks } from '../view.ts';

/** The longest words that an admin gets with /paysupport, in UTF-16 units. */
const supportLimit = 1_500;

/** How a refund ended, as far as an admin reads of it. */
type ToldRefund =
  | { readonly kind: 'refunded' | 'already'; readonly payment: Payment }
  | { readonly kind: 'unknown' | 'later' }
  | { readonly kind: 'refused'; readonly detail: string };

/** The part of the message mapper about payments. */
export function paymentMessagesOf(localizer: (locale: string) => Localizer, operator: OperatorLines = {}) {
  const only = (text: string): MessageView => ({ text, rows: [] });
  const list = (in_: Localizer, payments: readonly Payment[], forAdmin: boolean) =>
    payments.map((payment) => paymentLine(in_, payment, forAdmin));
  return {
    /** Title and description of an invoice. */
    invoice: (order: Order, locale: string) => invoiceWords(localizer(locale), order),
    /** Why a checkout is declined: at most 200 characters of plain text. */
    checkoutDeclined: (why: CheckoutRefusal | 'unavailable', locale: string): string =>
      declinedWords(localizer(locale), why),
    /** A link that opens the subscription. */
    subscriptionLink: (url: string, stars: number, locale: string): MessageView => ({
      text: localizer(locale).say('subscribe.link', { stars }),
      rows: [[{ text: localizer(locale).plain('button.open-subscription', { stars }), url }]],
    }),
    renewalSet: (stops: boolean, untilMs: number, locale: string): MessageView =>
      only(localizer(locale).say(stops ? 'subscribe.stopped' : 'subscribe.renewed', { until: new Date(untilMs) })),
    renewalUnreached: (locale: string): MessageView => only(localizer(locale).say('subscribe.unreached')),
    /** What became of a payment, to its person. */
    paymentTold: (payment: Payment, left: number, locale: string): MessageView =>
      paymentToldView(localizer(locale), payment, left),
    /** How to get help, and the person's own payments. */
    paySupport: (own: readonly Payment[], locale: string): MessageView =>
      only(lines(localizer(locale).say('paysupport.how'), ...list(localizer(locale), own, false))),
    paySupportSent: (isSent: boolean, locale: string): MessageView =>
      only(localizer(locale).say(isSent ? 'paysupport.sent' : 'paysupport.unreached')),
    /** A person's words and payments, to an admin. */
    paySupportAsked: (
      asked: { readonly userId: number; readonly words: string; readonly own: readonly Payment[] },
      locale: string,
    ): MessageView => {
      const in_ = localizer(locale);
      const user = safe(`<a href="tg://user?id=${asked.userId}">${asked.userId}</a>`);
      const words = excerpt(withoutLinks(asked.words), supportLimit);
      return only(lines(in_.say('paysupport.asked', { user, words }), ...list(in_, asked.own, true)));
    },
    /** The operator's own page where there is one. */
    terms: (url: string | undefined, locale: string): MessageView => {
      const in_ = localizer(locale);
      const view: MessageView =
        url === undefined
          ? only(in_.say('terms.text'))
          : { text: in_.say('terms.page'), rows: [[{ text: in_.plain('button.terms'), url }]] };
      return withOperator(in_, view, operator);
    },
    refundList: (payments: readonly Payment[], locale: string): MessageView => {
      const in_ = localizer(locale);
      const all = payments.length === 0 ? [in_.say('payment.none')] : list(in_, payments, true);
      return only(lines(in_.say('refund.usage'), ...all));
    },
    refundEnding: (ending: ToldRefund, locale: string): MessageView => {
      const in_ = localizer(locale);
      switch (ending.kind) {
        case 'refunded': {
          const { userId, stars } = ending.payment;
          return only(in_.say('refund.done', { user: String(userId), stars }));
        }
        case 'refused':
          return only(in_.say('refund.refused', { detail: ending.detail }));
        case 'already':
        case 'unknown':
        case 'later':
          return only(in_.say(`refund.${ending.kind}`));
      }
    },
  };
}
