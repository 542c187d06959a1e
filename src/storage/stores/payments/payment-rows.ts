import { z } from 'zod';
import { type Payment, paymentStates, type PaymentState, renewals } from '../../../domain/payments/payment.ts';
import { readPayload } from '../../../domain/payments/price-list.ts';
import type { Row } from '../../database.ts';
import { parseRow } from '../../rows.ts';

const paymentRow = z
  .object({
    id: z.number(),
    charge_id: z.string(),
    user_id: z.number(),
    stars: z.number(),
    payload: z.string(),
    results_left: z.number(),
    until_ms: z.number().nullable(),
    state: z.enum(paymentStates),
    renewal: z.enum(renewals),
    is_told: z.number(),
    paid_at_ms: z.number(),
  })
  .transform((row): Payment => ({
    id: row.id,
    chargeId: row.charge_id,
    userId: row.user_id,
    stars: row.stars,
    payload: row.payload,
    order: readPayload(row.payload),
    atMs: row.paid_at_ms,
    ...(row.until_ms === null ? {} : { untilMs: row.until_ms }),
    resultsLeft: row.results_left,
    state: row.state,
    renewal: row.renewal,
    isTold: row.is_told === 1,
  }));

export function toPayment(row: Row): Payment {
  return parseRow('payments', paymentRow, row);
}

/** The state before any row: a charge that was not heard of. */
export function stateOf(payment: Payment | undefined): PaymentState | 'unseen' {
  return payment?.state ?? 'unseen';
}
