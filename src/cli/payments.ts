import { openAdmin } from '../app/open-admin.ts';
import type { PaymentsView } from '../domain/admin-api.ts';
import { imbalance } from '../domain/payments/payment.ts';
import { writeJson } from './keys/key-tables.ts';
import { readConfig } from './keys/known-keys.ts';
import { paint, type ProcessContext, type Terminal } from './process-context.ts';
import { table } from './table.ts';

const unbalancedCode = 1;

/** The payments as lines for a terminal: the sums, whether they balance, and the newest payments. */
export function paymentLines(terminal: Terminal, { sums, latest }: PaymentsView): readonly string[] {
  const { stars, results, payments } = sums;
  if (payments === 0) return ['There are no payments in Telegram Stars.'];
  const off = imbalance(sums);
  const isBalanced = off.stars === 0 && off.results === 0;
  const rows = latest.map(({ id, atMs, userId, stars: paid, order, state, resultsLeft, chargeId }) => [
    String(id),
    new Date(atMs).toISOString().slice(0, 16).replace('T', ' '),
    String(userId),
    String(paid),
    order === undefined
      ? 'unclear'
      : order.kind === 'pack'
        ? `pack of ${order.results}, ${resultsLeft} left`
        : 'subscription',
    state,
    chargeId,
  ]);
  return [
    paint(terminal, 'bold', `${payments} payments, ${stars.received} Stars received`),
    `Stars: ${stars.credited} credited, ${stars.unclear} unclear, ${stars.refunding} being refunded, ${stars.refunded} refunded; ${stars.notListed} not in the list of Telegram`,
    `Results: ${results.sold} sold = ${results.used} used + ${results.left} left + ${results.takenBack} taken back by refunds`,
    isBalanced
      ? 'The sums balance.'
      : `The sums do NOT balance: ${off.stars} Stars and ${off.results} results are unaccounted for; keep a backup and look at the payments below`,
    '',
    ...table(
      terminal,
      [
        { title: 'no.', align: 'right' },
        { title: 'UTC' },
        { title: 'user' },
        { title: 'Stars', align: 'right' },
        { title: 'for' },
        { title: 'state' },
        { title: 'charge id', dropOrder: 0 },
      ],
      rows,
    ),
  ];
}

/** Prints the newest payments and the sums of all; exit code 1 when the sums do not balance. */
export async function listPayments(
  context: ProcessContext,
  { count, json }: { readonly count: number; readonly json: boolean },
): Promise<void> {
  const { config } = readConfig(context);
  using opened = await openAdmin({ config, keys: [], clock: context.clock });
  const view = await opened.admin.payments(count);
  const off = imbalance(view.sums);
  if (off.stars !== 0 || off.results !== 0) context.exitWith(unbalancedCode);
  if (json) writeJson(context.out, { ...view, imbalance: off });
  else context.out.write(`${paymentLines(context.out, view).join('\n')}\n`);
}
