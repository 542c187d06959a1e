import { randomBytes, randomInt } from 'node:crypto';
import type { StarTransaction, SuccessfulPayment } from 'grammy/types';
import type { Clock } from '../../../src/kit/clock.ts';
import { badRequest } from '../api-error.ts';
import type { InvoiceOrder } from './invoice-order.ts';
import { limits } from '../limits.ts';

export type CheckoutAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'declined'; readonly words: string }
  | { readonly kind: 'expired' };

/** One completed payment. */
export type Charge = {
  readonly id: string;
  readonly userId: number;
  readonly chatId: number;
  readonly order: InvoiceOrder;
  refunded: boolean;
};

type Checkout = { readonly settle: (answer: CheckoutAnswer) => void; readonly expiry: Disposable };

/** Payments with play money: invoice links, open checkouts, charges and the balance of the bot. */
export class StarPayments {
  readonly transactions: StarTransaction[] = [];
  readonly #clock: Clock;
  readonly #links = new Map<string, InvoiceOrder>();
  readonly #checkouts = new Map<string, Checkout>();
  readonly #charges = new Map<string, Charge>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get balance(): number {
    return this.transactions.reduce((sum, { amount, source }) => sum + (source === undefined ? -amount : amount), 0);
  }

  addLink(order: InvoiceOrder): string {
    const link = `https://t.me/$${randomBytes(16).toString('base64url')}`;
    this.#links.set(link, order);
    return link;
  }

  orderOf(link: string): InvoiceOrder | undefined {
    return this.#links.get(link);
  }

  /**
   * Opens a checkout and returns its id. `settle` is called once: with the answer of the bot, or with `expired` after
   * 10 s.
   */
  openCheckout(settle: (answer: CheckoutAnswer) => void): string {
    const id = `${randomInt(1e12, 9e12)}${randomInt(1e5, 9e5)}`;
    const expiry = this.#clock.schedule(limits.invoice.checkoutMs, () => {
      this.#checkouts.delete(id);
      settle({ kind: 'expired' });
    });
    this.#checkouts.set(id, { settle, expiry });
    return id;
  }

  answerCheckout(id: string, answer: CheckoutAnswer): void {
    const checkout = this.#checkouts.get(id);
    if (checkout === undefined) {
      throw badRequest('query is too old and response timeout expired or query ID is invalid');
    }
    this.#checkouts.delete(id);
    checkout.expiry[Symbol.dispose]();
    checkout.settle(answer);
  }

  charge(userId: number, chatId: number, order: InvoiceOrder): Charge {
    const charge: Charge = {
      id: `stx${randomBytes(24).toString('base64url')}`,
      userId,
      chatId,
      order,
      refunded: false,
    };
    this.#charges.set(charge.id, charge);
    return charge;
  }

  /** Returns the charge of this user; throws 400 when there is none. */
  chargeOf(userId: number, chargeId: string): Charge {
    const charge = this.#charges.get(chargeId);
    if (charge === undefined || charge.userId !== userId) throw badRequest('CHARGE_ID_INVALID');
    return charge;
  }

  close(): void {
    for (const { expiry } of this.#checkouts.values()) expiry[Symbol.dispose]();
    this.#checkouts.clear();
  }
}

/** Returns the `SuccessfulPayment` for a charge. */
export function paymentFor({ id, order }: Charge, nowS: number): SuccessfulPayment {
  const { periodS } = order;
  return {
    currency: 'XTR',
    total_amount: order.amount,
    invoice_payload: order.payload,
    ...(periodS === undefined
      ? {}
      : { subscription_expiration_date: nowS + periodS, is_recurring: true, is_first_recurring: true }),
    telegram_payment_charge_id: id,
    provider_payment_charge_id: '',
  };
}
