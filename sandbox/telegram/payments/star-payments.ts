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

/** A subscription of one person: renewed until somebody cancels it. */
export type StarSubscription = {
  readonly firstCharge: Charge;
  /** End of the period that is paid for, in seconds since 1970. */
  untilS: number;
  /** By the person, who may resume it, or by the bot: then the person may resume it once the bot allows it. */
  canceledBy: 'person' | 'bot' | undefined;
};

/** A subscription as its person sees it; `stars` for each period. */
export type SeenSubscription = {
  readonly title: string;
  readonly stars: number;
  readonly untilMs: number;
  readonly canceledBy: 'person' | 'bot' | undefined;
};

export function seenSubscription(subscription: StarSubscription | undefined): SeenSubscription | undefined {
  if (subscription === undefined) return undefined;
  const { firstCharge, untilS, canceledBy } = subscription;
  const { title, amount } = firstCharge.order;
  return { title, stars: amount, untilMs: untilS * 1_000, canceledBy };
}

type Checkout = { readonly settle: (answer: CheckoutAnswer) => void; readonly expiry: Disposable };

/** Payments with play money: invoice links, open checkouts, charges and the balance of the bot. */
export class StarPayments {
  readonly transactions: StarTransaction[] = [];
  /** While true, payments go through and the bot gets no message about them: only the list of transactions has them. */
  losesMessages = false;
  readonly #clock: Clock;
  readonly #links = new Map<string, InvoiceOrder>();
  readonly #checkouts = new Map<string, Checkout>();
  readonly #charges = new Map<string, Charge>();
  /** By the charge that began them. */
  readonly subscriptions = new Map<string, StarSubscription>();

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

  /** Returns the subscription that this charge began; throws 400 when there is none. */
  subscriptionOf(userId: number, chargeId: string): StarSubscription {
    const subscription = this.subscriptions.get(this.chargeOf(userId, chargeId).id);
    if (subscription === undefined) throw badRequest('CHARGE_ID_INVALID');
    return subscription;
  }

  /** Returns the newest subscription of the person; undefined when there is none. */
  latestOf(userId: number): StarSubscription | undefined {
    return [...this.subscriptions.values()].findLast(({ firstCharge }) => firstCharge.userId === userId);
  }

  close(): void {
    for (const { expiry } of this.#checkouts.values()) expiry[Symbol.dispose]();
    this.#checkouts.clear();
  }
}

/** Returns the `SuccessfulPayment` for a charge; `untilS` is the end of the period that a subscription pays for. */
export function paymentFor({ id, order }: Charge, untilS: number | undefined, isFirst: boolean): SuccessfulPayment {
  const period =
    untilS === undefined
      ? {}
      : {
          subscription_expiration_date: untilS,
          is_recurring: true as const,
          ...(isFirst ? { is_first_recurring: true as const } : {}),
        };
  return {
    currency: 'XTR',
    total_amount: order.amount,
    invoice_payload: order.payload,
    ...period,
    telegram_payment_charge_id: id,
    provider_payment_charge_id: '',
  };
}
