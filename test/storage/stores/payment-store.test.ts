import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JobId } from '../../../src/domain/ids.ts';
import { type Charge, imbalance } from '../../../src/domain/payments/payment.ts';
import { payloadFor } from '../../../src/domain/payments/price-list.ts';
import type { Database } from '../../../src/storage/database.ts';
import { giveBackToPacks, takeFromPacks } from '../../../src/storage/stores/payments/packs.ts';
import { createPayments } from '../../../src/storage/stores/payments/payment-store.ts';
import { runs } from '../../support/property-runs.ts';
import { onBothEngines } from '../on-both-engines.ts';

const person = 7;
const packOf = (index: number): Charge => ({
  chargeId: `charge-${index}`,
  userId: person,
  stars: 10 + index,
  payload:
    index === 3 ? 'of another version' : payloadFor({ kind: 'pack', results: 3, stars: 10 + index }, `n${index}`),
  atMs: 1_000,
});

const step = fc.oneof(
  fc.record({ do: fc.constant('charged' as const), charge: fc.nat(3), from: fc.constantFrom('message', 'list') }),
  fc.record({ do: fc.constantFrom('refunded', 'begin-refund', 'refuse-refund'), charge: fc.nat(3) }),
  fc.record({ do: fc.constant('use' as const), job: fc.nat(5), results: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('give-back' as const), job: fc.nat(5) }),
  // The process dies in the middle of a transaction: nothing of it stays.
  fc.record({ do: fc.constant('crash' as const), charge: fc.nat(3) }),
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

/** What a person reads in a book that is kept by hand: one entry for each charge. */
type Book = { charged: boolean; refunded: boolean };

async function play(database: Database, steps: readonly Step[]) {
  const payments = createPayments(database);
  const book = new Map<number, Book>();
  const used = new Set<number>();
  const entry = (index: number) => {
    const one = book.get(index) ?? { charged: false, refunded: false };
    book.set(index, one);
    return one;
  };
  for (const one of steps) {
    if (one.do === 'charged') {
      await payments.charged(packOf(one.charge), one.from);
      entry(one.charge).charged = true;
    } else if (one.do === 'refunded') {
      await payments.refunded(packOf(one.charge));
      entry(one.charge).refunded = true;
    } else if (one.do === 'begin-refund') await payments.beginRefund(`charge-${one.charge}`);
    else if (one.do === 'refuse-refund') await payments.refuseRefund(`charge-${one.charge}`);
    else if (one.do === 'use') {
      if (used.has(one.job)) continue;
      const id = `tg-${one.job}` as JobId;
      if (await database.commit(() => takeFromPacks(database, id, person, one.results))) used.add(one.job);
    } else if (one.do === 'give-back') {
      await database.commit(() => giveBackToPacks(database, `tg-${one.job}` as JobId));
    } else {
      const died = new Error('The process died');
      const dying = database.commit(function* () {
        yield* database.run('UPDATE payments SET results_left = 0 WHERE charge_id = ?', `charge-${one.charge}`);
        throw died;
      });
      await expect(dying).rejects.toBe(died);
    }
  }
  return { payments, book };
}

onBothEngines(({ open, isShared }) => {
  test('whatever comes twice, late, in any order or with a crash in between, each charge is credited at most once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        await using store = await open();
        const { database } = store;
        const { payments, book } = await play(database, steps);
        const sums = await payments.sums(0);
        expect(imbalance(sums)).toEqual({ stars: 0, results: 0 });
        expect(sums.payments).toBe(book.size);
        const known = [...book].filter(([index, { charged }]) => charged && index !== 3);
        // Sold once for each charge that came before its refund, and never twice.
        expect(sums.results.sold).toBeLessThanOrEqual(3 * known.length);
        const refunded = [...book].filter(([, one]) => one.refunded);
        expect(sums.stars.refunded).toBe(refunded.reduce((sum, [index]) => sum + packOf(index).stars, 0));
        expect(await payments.resultsLeft(person)).toBeLessThanOrEqual(sums.results.left);
        for (const one of await payments.latest(9)) {
          if (one.state === 'refunded') expect(one.resultsLeft).toBe(0);
          else expect(one.state === 'paid').toBe(one.payload === 'of another version' && one.state !== 'refunding');
        }
      }),
      { numRuns: isShared ? runs(30) : runs(300) },
    );
  });

  test('a renewal is another payment, also under the charge id of the first; the same period told twice is not', async () => {
    await using store = await open();
    const { database } = store;
    const payments = createPayments(database);
    const month = 30 * 86_400_000;
    const payload = payloadFor({ kind: 'subscription', stars: 250 }, 'n');
    const period = (untilMs: number): Charge => ({ chargeId: 'c', userId: 7, stars: 250, payload, atMs: 0, untilMs });
    await payments.charged(period(month), 'message');
    // Telegram's list knows the period only to the second.
    await payments.charged(period(month + 5_000), 'list');
    expect((await payments.subscriptionOf(7, 0))?.untilMs).toBe(month);
    await payments.charged(period(2 * month), 'message');
    await payments.charged(period(2 * month), 'message');
    await payments.charged(period(month), 'list');
    expect(await payments.sums(0)).toMatchObject({ payments: 2, stars: { received: 500, credited: 500 } });
    expect(await payments.subscriptionOf(7, 0)).toMatchObject({ untilMs: 2 * month, chargeId: 'c' });
    await payments.setRenewal(7, payload, 'canceled');
    expect((await payments.subscriptionOf(7, 0))?.renewal).toBe('canceled');
    expect(await payments.subscriptionOf(7, 3 * month)).toBeUndefined();
  });

  test('what is being refunded cannot be used meanwhile, and can again when Telegram refuses the refund', async () => {
    await using store = await open();
    const { database } = store;
    const payments = createPayments(database);
    const take = (job: string) => database.commit(() => takeFromPacks(database, job as JobId, person, 1));
    await payments.charged(packOf(0), 'message');
    await payments.beginRefund('charge-0');
    expect([await payments.resultsLeft(person), await take('tg-1')]).toEqual([0, false]);
    await payments.refuseRefund('charge-0');
    expect([await payments.resultsLeft(person), await take('tg-2')]).toEqual([3, true]);
    expect((await payments.sums(0)).results).toEqual({ sold: 3, used: 1, left: 2, takenBack: 0 });
  });
});
