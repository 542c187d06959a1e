import { badRequest } from '../api-error.ts';
import { isObject, type CallParams } from '../call-params.ts';
import { characterCount } from '../text/formatted-text.ts';
import { limits } from '../limits.ts';

/** The contents of an invoice; the amount is in whole Stars. */
export type InvoiceOrder = {
  readonly title: string;
  readonly description: string;
  readonly payload: string;
  readonly amount: number;
  readonly startParameter: string;
  /**
   * Returns the period of a subscription in seconds, undefined for a single payment; throws 400 when Telegram does not
   * offer it.
   */
  readonly periodS?: number;
};

/**
 * Parses the parameters common to `sendInvoice` and `createInvoiceLink`; throws 400 for anything but an invoice in
 * Stars.
 */
export function readInvoiceOrder(params: CallParams): InvoiceOrder {
  const title = required(params, 'title');
  const description = required(params, 'description');
  const payload = required(params, 'payload');
  if (characterCount(title) > limits.invoice.titleCharacters) throw badRequest('PRODUCT_TITLE_INVALID');
  if (characterCount(description) > limits.invoice.descriptionCharacters)
    throw badRequest('PRODUCT_DESCRIPTION_INVALID');
  if (Buffer.byteLength(payload) > limits.invoice.payloadBytes) throw badRequest('INVOICE_PAYLOAD_INVALID');
  if (required(params, 'currency') !== 'XTR') throw badRequest('PAYMENT_PROVIDER_INVALID');
  if (params.text('provider_token') !== '') throw badRequest('STARS_INVOICE_INVALID');
  return { title, description, payload, amount: readAmount(params), startParameter: params.text('start_parameter') };
}

/** An invoice in Stars has exactly one price. */
function readAmount(params: CallParams): number {
  const prices = params.json('prices', 'prices');
  if (!Array.isArray(prices)) throw badRequest('expected an Array of labeled prices');
  const amounts = prices.map((price: unknown) => {
    const amount = isObject(price) ? Number(price['amount']) : Number.NaN;
    if (!isObject(price) || typeof price['label'] !== 'string' || !Number.isSafeInteger(amount)) {
      throw badRequest("can't parse labeled price: expected an Object with label and amount");
    }
    return amount;
  });
  const [amount] = amounts;
  if (amounts.length !== 1 || amount === undefined) throw badRequest('STARS_INVOICE_INVALID');
  if (amount < 1) throw badRequest('CURRENCY_TOTAL_AMOUNT_INVALID');
  return amount;
}

/** The period of a subscription; undefined for a single payment. */
export function readPeriod(params: CallParams, amount: number): number | undefined {
  if (!params.has('subscription_period')) return undefined;
  const periodS = params.integer('subscription_period', -1);
  if (periodS !== limits.invoice.subscriptionS) throw badRequest('SUBSCRIPTION_PERIOD_INVALID');
  if (amount > limits.invoice.subscriptionStars) throw badRequest('CURRENCY_TOTAL_AMOUNT_INVALID');
  return periodS;
}

function required(params: CallParams, name: string): string {
  const text = params.text(name).trim();
  if (text === '') throw badRequest(`parameter "${name}" is required`);
  return text;
}
