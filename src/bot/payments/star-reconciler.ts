import type { StarTransaction, TransactionPartner } from 'grammy/types';
import { GrammyError, HttpError } from 'grammy';
import type { Charge } from '../../domain/payments/payment.ts';
import { isSelling } from '../../domain/payments/price-list.ts';
import type { BotContext, BotDeps } from '../context.ts';
import { describeTelegramError } from '../outbox/telegram-error.ts';
import { reportPaid } from './payment-messages.ts';
import { refund } from './refunds.ts';
import { tellPayment, type TellPaymentDeps } from './tell-payment.ts';

const firstAfterMs = 10_000;
const everyMs = 600_000;
const pageSize = 100;
/** A younger transaction may still arrive as a message. */
const settledAfterMs = 120_000;
/** At most this many of the latest payments are searched for those whose person got no message yet. */
const maxSearched = 100;

export type StarReconcilerOptions = TellPaymentDeps &
  Pick<BotDeps, 'prices' | 'clock'> & { readonly api: BotContext['api'] };

/**
 * Compares what is known here with Telegram's own list of transactions, from where the last comparison ended: a charge
 * that never arrived as a message is credited and told, a refund that was made elsewhere is followed, and a refund that
 * was begun here and not answered is asked for again. Nothing is asked where nothing was ever sold.
 */
export class StarReconciler implements Disposable {
  readonly #options: StarReconcilerOptions;
  #timer: Disposable | undefined;
  #isClosed = false;

  constructor(options: StarReconcilerOptions) {
    this.#options = options;
  }

  /** Compares now and then until the signal aborts. */
  start(signal: AbortSignal): void {
    this.#timer?.[Symbol.dispose]();
    this.#schedule(firstAfterMs, signal);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #schedule(inMs: number, signal: AbortSignal): void {
    if (this.#isClosed || signal.aborted) return;
    this.#timer = this.#options.clock.schedule(inMs, () => {
      if (!signal.aborted) void this.#run().finally(() => this.#schedule(everyMs, signal));
    });
  }

  async #run(): Promise<void> {
    const { payments, prices, emit } = this.#options;
    try {
      if (!isSelling(prices) && (await payments.latest(1)).length === 0) return;
      await this.compare();
    } catch (error) {
      if (this.#isClosed) return;
      if (error instanceof GrammyError || error instanceof HttpError) {
        emit({ event: 'telegram.error', method: 'getStarTransactions', detail: describeTelegramError(error) });
      } else emit({ event: 'app.error', what: 'compare the payments with the list of Telegram', error });
    }
  }

  /** Compares once; rejects when Telegram or the storage cannot be asked. */
  async compare(): Promise<void> {
    const { payments, api, clock } = this.#options;
    for (const { chargeId } of await payments.refunding()) await refund(this.#options, api, chargeId, 'admin');
    let offset = await payments.compared();
    for (;;) {
      const { transactions } = await api.getStarTransactions({ offset, limit: pageSize });
      const settled = transactions.findIndex(({ date }) => date * 1_000 > clock.now() - settledAfterMs);
      const page = settled === -1 ? transactions : transactions.slice(0, settled);
      for (const transaction of page) await this.#follow(transaction);
      offset += page.length;
      if (page.length > 0) await payments.noteCompared(offset);
      if (page.length < pageSize) break;
    }
    const settledBeforeMs = clock.now() - settledAfterMs;
    const unconfirmed = (await payments.latest(maxSearched)).filter(
      ({ isTold, atMs }) => !isTold && atMs <= settledBeforeMs,
    );
    for (const payment of unconfirmed) await tellPayment(this.#options, api, payment);
  }

  async #follow(transaction: StarTransaction): Promise<void> {
    const { payments, emit } = this.#options;
    const paid = chargeIn(transaction, transaction.source);
    if (paid !== undefined) {
      const changed = await payments.charged(paid, 'list');
      reportPaid(emit, changed);
      const { id: paymentId, userId, stars } = changed.payment;
      if (changed.isChanged) emit({ event: 'payment.found', paymentId, userId, stars });
    }
    const refunded = chargeIn(transaction, transaction.receiver);
    if (refunded === undefined) return;
    const { payment, isChanged } = await payments.refunded(refunded);
    const { id: paymentId, userId, stars } = payment;
    if (isChanged) emit({ event: 'payment.refunded', paymentId, userId, stars, by: 'telegram' });
  }
}

/** The payment of a person in a transaction; undefined for withdrawals, gifts and other movements of Stars. */
function chargeIn({ id, amount, date }: StarTransaction, partner: TransactionPartner | undefined): Charge | undefined {
  if (partner?.type !== 'user' || partner.transaction_type !== 'invoice_payment') return undefined;
  const { user, invoice_payload: payload = '', subscription_period: periodS } = partner;
  return {
    chargeId: id,
    userId: user.id,
    stars: amount,
    payload,
    atMs: date * 1_000,
    ...(periodS === undefined ? {} : { untilMs: (date + periodS) * 1_000 }),
  };
}
