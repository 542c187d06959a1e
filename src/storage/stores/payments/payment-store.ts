import type { Changed, PaymentStore, Subscription } from '../../../domain/payments/payment-store.ts';
import {
  afterPaymentEvent,
  type Charge,
  graceMs,
  minRenewalMs,
  type Payment,
  type PaymentEvent,
  type PaymentSums,
} from '../../../domain/payments/payment.ts';
import { readPayload } from '../../../domain/payments/price-list.ts';
import type { Database, Steps } from '../../database.ts';
import { numberOf } from '../../rows.ts';
import { lockTurns } from '../jobs/fair-queue.ts';
import { packResultsOf } from './packs.ts';
import { stateOf, toPayment } from './payment-rows.ts';

const comparedName = 'star-transactions-compared';
const listedAfterMs = 3_600_000;

/** The payments in the database. */
export function createPayments(database: Database): PaymentStore {
  function* changeKnown(chargeId: string, event: PaymentEvent): Steps<Changed | undefined> {
    const known = yield* newestOf(database, chargeId);
    if (known === undefined) return undefined;
    yield* lockTurns(database, [known.userId]);
    return yield* change(database, (yield* newestOf(database, chargeId)) ?? known, event);
  }
  return {
    charged: async (charge, heardFrom) =>
      database.commit(function* () {
        yield* lockTurns(database, [charge.userId]);
        const changed = yield* change(database, (yield* periodOf(database, charge)) ?? charge, 'charged');
        if (heardFrom === 'list')
          yield* database.run('UPDATE payments SET is_listed = 1 WHERE id = ?', changed.payment.id);
        return changed;
      }),
    refunded: async (charge) =>
      database.commit(function* () {
        yield* lockTurns(database, [charge.userId]);
        return yield* change(database, (yield* newestOf(database, charge.chargeId)) ?? charge, 'refunded');
      }),
    beginRefund: async (chargeId) => database.commit(() => changeKnown(chargeId, 'refund-begun')),
    refuseRefund: async (chargeId) => database.commit(() => changeKnown(chargeId, 'refund-refused')),
    setRenewal: async (userId, payload, renewal) =>
      database.commit(function* () {
        const sql = 'UPDATE payments SET renewal = ? WHERE user_id = ? AND payload = ? AND until_ms IS NOT NULL';
        yield* database.run(sql, renewal, userId, payload);
      }),
    firstChargeOf: (userId, payload) => database.read(() => firstChargeOf(database, userId, payload)),
    noteTold: async (id) =>
      database.commit(function* () {
        yield* database.run('UPDATE payments SET is_told = 1 WHERE id = ?', id);
      }),
    find: (id) =>
      database.read(function* () {
        const row = yield* database.get('SELECT * FROM payments WHERE id = ?', id);
        return row === undefined ? undefined : toPayment(row);
      }),
    latest: (count, userId) =>
      database.read(function* () {
        const rows = yield* database.all(
          // What was given and not paid for is no payment.
          'SELECT * FROM payments WHERE user_id = coalesce(?, user_id) AND stars > 0 ORDER BY id DESC LIMIT ?',
          userId ?? null,
          count,
        );
        return rows.map(toPayment);
      }),
    refunding: () =>
      database.read(function* () {
        const rows = yield* database.all(`SELECT * FROM payments WHERE state = 'refunding' ORDER BY id`);
        return rows.map(toPayment);
      }),
    subscriptionOf: (userId, nowMs) => database.read(() => subscriptionOf(database, userId, nowMs)),
    resultsLeft: (userId) => database.read(() => packResultsOf(database, userId)),
    sums: (nowMs) => database.read(() => sumsOf(database, nowMs)),
    compared: () =>
      database.read(function* () {
        return Number((yield* database.get('SELECT value FROM settings WHERE name = ?', comparedName))?.['value'] ?? 0);
      }),
    noteCompared: async (count) =>
      database.commit(function* () {
        const sql = 'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value';
        yield* database.run(sql, comparedName, String(count));
      }),
  };
}

function* newestOf(database: Database, chargeId: string): Steps<Payment | undefined> {
  const row = yield* database.get('SELECT * FROM payments WHERE charge_id = ? ORDER BY period DESC LIMIT 1', chargeId);
  return row === undefined ? undefined : toPayment(row);
}

/** The row of the same payment; undefined for a new charge, and for a renewal under the charge id of an earlier period. */
function* periodOf(database: Database, { chargeId, untilMs }: Charge): Steps<Payment | undefined> {
  const newest = yield* newestOf(database, chargeId);
  const isRenewal = newest?.untilMs !== undefined && untilMs !== undefined && untilMs >= newest.untilMs + minRenewalMs;
  return isRenewal ? undefined : newest;
}

/** Changes the state of a known payment or of a charge, inside the caller's transaction. */
function* change(database: Database, found: Payment | Charge, event: PaymentEvent): Steps<Changed> {
  const known = 'id' in found ? found : undefined;
  const order = readPayload(found.payload);
  const state = afterPaymentEvent(stateOf(known), event, order !== undefined);
  if (state === 'unseen' || (known !== undefined && state === known.state)) {
    if (known === undefined) throw new Error(`Cannot keep a payment that was not made: ${event}`);
    return { payment: known, isChanged: false };
  }
  const id = known?.id ?? (yield* insert(database, found));
  const results = order?.kind === 'pack' ? order.results : 0;
  if (state === 'refunded') {
    const sql =
      'UPDATE payments SET results_taken_back = results_taken_back + results_left, results_left = 0 WHERE id = ?';
    yield* database.run(sql, id);
  }
  // A credit happens once: with the row, or when a later version knows what was paid for.
  if (state === 'credited' && known?.state !== 'refunding') {
    yield* database.run('UPDATE payments SET results = ?, results_left = ? WHERE id = ?', results, results, id);
  }
  const row = yield* database.get('UPDATE payments SET state = ?, is_told = 0 WHERE id = ? RETURNING *', state, id);
  if (row === undefined) throw new Error('Cannot change a payment: its row is gone');
  return { payment: toPayment(row), isChanged: true };
}

function* insert(database: Database, { chargeId, userId, stars, payload, atMs, untilMs }: Charge): Steps<number> {
  const row = yield* database.get(
    `INSERT INTO payments (charge_id, period, user_id, stars, payload, until_ms, state, paid_at_ms)
     VALUES (?1, (SELECT count(*) FROM payments WHERE charge_id = ?1), ?, ?, ?, ?, 'paid', ?) RETURNING id`,
    chargeId,
    userId,
    stars,
    payload,
    untilMs === undefined ? null : Math.floor(untilMs),
    Math.floor(atMs),
  );
  return numberOf(row, 'id');
}

function* subscriptionOf(database: Database, userId: number, nowMs: number): Steps<Subscription | undefined> {
  const row = yield* database.get(
    `SELECT * FROM payments WHERE user_id = ? AND state = 'credited' AND until_ms > ? ORDER BY until_ms DESC LIMIT 1`,
    userId,
    Math.floor(nowMs) - graceMs,
  );
  if (row === undefined) return undefined;
  const { payload, untilMs = 0, stars, renewal } = toPayment(row);
  return { untilMs, stars, renewal, payload, chargeId: (yield* firstChargeOf(database, userId, payload)) ?? '' };
}

function* firstChargeOf(database: Database, userId: number, payload: string): Steps<string | undefined> {
  const sql = 'SELECT charge_id FROM payments WHERE user_id = ? AND payload = ? ORDER BY id LIMIT 1';
  const chargeId = (yield* database.get(sql, userId, payload))?.['charge_id'];
  return typeof chargeId === 'string' ? chargeId : undefined;
}

function* sumsOf(database: Database, nowMs: number): Steps<PaymentSums> {
  const payments = yield* database.get(
    `SELECT sum(iif(stars > 0, 1, 0)) AS payments, sum(stars) AS received,
       sum(iif(state = 'credited', stars, 0)) AS credited, sum(iif(state = 'paid', stars, 0)) AS unclear,
       sum(iif(state = 'refunding', stars, 0)) AS refunding, sum(iif(state = 'refunded', stars, 0)) AS refunded,
       sum(iif(is_listed = 0 AND paid_at_ms <= ?, stars, 0)) AS notListed,
       sum(results) AS sold, sum(results_left) AS left, sum(results_taken_back) AS takenBack
     FROM payments`,
    Math.floor(nowMs) - listedAfterMs,
  );
  const used = yield* database.get('SELECT sum(results) AS used FROM pack_uses WHERE given_back = 0');
  const of = (name: string) => numberOf(payments, name);
  return {
    payments: of('payments'),
    stars: {
      received: of('received'),
      credited: of('credited'),
      unclear: of('unclear'),
      refunding: of('refunding'),
      refunded: of('refunded'),
      notListed: of('notListed'),
    },
    results: { sold: of('sold'), used: numberOf(used, 'used'), left: of('left'), takenBack: of('takenBack') },
  };
}
