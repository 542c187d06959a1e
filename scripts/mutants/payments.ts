import { mutant } from './mutant.ts';

const rules = 'test/domain/payments/price-list.test.ts';
const rows = 'test/storage/stores/payment-store.test.ts';
const buying = 'test/journeys/payments.test.ts';
const packs = 'test/journeys/packs.test.ts';

/** Payments in Telegram Stars: what is credited, used, given back and refunded. */
export const paymentMutants = [
  mutant(
    'a payment told twice is credited twice',
    "if (state === 'unseen' || (known !== undefined && state === known.state)) {",
    "if (state === 'unseen') {",
    rows,
    buying,
  ),
  mutant(
    'a late message undoes a refund',
    "if (state === 'refunded' || event === 'refunded') return 'refunded';",
    "if (event === 'refunded') return 'refunded';",
    rules,
    rows,
  ),
  mutant(
    'a pack is used while it is refunded',
    `user_id = ? AND state = 'credited' AND results_left > 0`,
    `user_id = ? AND results_left > 0`,
    rows,
    buying,
  ),
  mutant(
    'a refunded pack is filled again by a request that fails',
    `results_left = results_left + iif(state = 'refunded', 0, ?)`,
    `results_left = results_left + iif(state = 'none', 0, ?)`,
    rows,
    buying,
  ),
  mutant(
    'what failed stays taken from its pack',
    "if (numberOf(yield* database.get(sql, id), 'pack_results') > 0) yield* giveBackToPacks(database, id);",
    'yield* database.get(sql, id);',
    packs,
  ),
  mutant(
    'an invoice of yesterday is paid at its old price',
    "if (price !== order.stars || price !== checkout.stars) return 'price-changed';",
    '',
    rules,
    buying,
  ),
  mutant(
    'who subscribes pays for a second subscription',
    "return order.kind === 'subscription' && isSubscribed ? 'subscribed' : undefined;",
    'return undefined;',
    rules,
  ),
  mutant(
    'a renewal counts as its first payment told again',
    'return isRenewal ? undefined : newest;',
    'return newest;',
    rows,
  ),
  mutant(
    'a person is thanked as often as a payment is told',
    "if (payment.isTold || payment.state === 'refunding') return;",
    "if (payment.state === 'refunding') return;",
    buying,
  ),
];
