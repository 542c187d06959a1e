import { describe, expect, test } from 'vitest';
import { jobId } from '../../../src/domain/ids.ts';
import type { AcceptLimits } from '../../../src/domain/job-engine.ts';
import { type Charge, imbalance } from '../../../src/domain/payments/payment.ts';
import { payloadFor } from '../../../src/domain/payments/price-list.ts';
import type { Database } from '../../../src/storage/database.ts';
import { createResultCopies } from '../../../src/storage/stores/jobs/result-copies.ts';
import { createRewrites } from '../../../src/storage/stores/jobs/rewrites.ts';
import { createPayments } from '../../../src/storage/stores/payments/payment-store.ts';
import { createPeople } from '../../../src/storage/stores/people/people-store.ts';
import { createUsers } from '../../../src/storage/stores/people-and-chats.ts';
import { createPersonalData } from '../../../src/storage/stores/personal-data.ts';
import { createSafety } from '../../../src/storage/stores/safety/safety-store.ts';
import { accepted, anyNumber, aRequest, claimed, roomy, startMs } from '../../conformance/requests.ts';
import { hasPostgres } from '../../support/postgres-server.ts';
import { anEngine } from '../sqlite/an-engine.ts';
import { pairOfProcesses } from './two-at-once.ts';

const dayMs = 86_400_000;
const pack: Charge = {
  chargeId: 'charge',
  userId: 7,
  stars: 10,
  payload: payloadFor({ kind: 'pack', results: 1, stars: 10 }, 'n'),
  atMs: 0,
};

const asks = (updateId: number, limits: AcceptLimits, groupId?: number) => async (database: Database) => {
  const request = aRequest({ updateId, userId: 7, ...(groupId === undefined ? {} : { groupId }) });
  const answer = await anEngine(database).queue.accept(request, limits);
  return answer.kind === 'refused' ? answer.code : answer.kind;
};
const insertJob = /INSERT INTO credits/;

describe.runIf(hasPostgres)('two processes at once', () => {
  const twoProcesses = pairOfProcesses();

  test('the last request of the day, and the last place in the line, are given once', async () => {
    await using place = await twoProcesses();
    const oneADay = { waiting: 9, perDay: 1 };
    expect((await place.atOnce(insertJob, asks(1, oneADay), asks(2, oneADay, -100))).toSorted()).toEqual([
      'accepted',
      'quota-reached',
    ]);
    const twoOpen = { waiting: 2, perDay: -1 };
    expect((await place.atOnce(insertJob, asks(3, twoOpen), asks(4, twoOpen, -100))).toSorted()).toEqual([
      'accepted',
      'queue-full',
    ]);
    expect((await place.atOnce(insertJob, asks(5, roomy), asks(5, roomy))).toSorted()).toEqual(['accepted', 'known']);
  });

  test('the last result of a pack is used once, and not while the pack is refunded', async () => {
    await using place = await twoProcesses();
    const payments = createPayments(place.one);
    const nothingFree = { waiting: 9, perDay: 0 };
    await payments.charged(pack, 'message');
    expect(
      (await place.atOnce(/INSERT INTO pack_uses/, asks(1, nothingFree), asks(2, nothingFree))).toSorted(),
    ).toEqual(['accepted', 'quota-reached']);
    await payments.charged({ ...pack, chargeId: 'another' }, 'message');
    const refund = async (database: Database) =>
      (await createPayments(database).beginRefund('another'))?.payment.resultsLeft ?? -1;
    const [left, end] = await place.atOnce(/UPDATE payments|INSERT INTO pack_uses/, refund, asks(3, nothingFree));
    // What was used before the refund began is not refunded, and what is being refunded is not used.
    expect([
      [1, 'quota-reached'],
      [0, 'accepted'],
    ]).toContainEqual([left, end]);
    expect(imbalance(await payments.sums(0))).toEqual({ stars: 0, results: 0 });
  });

  test('a charge that is heard of twice is one payment, and a referral is credited once', async () => {
    await using place = await twoProcesses();
    const charged = (from: 'message' | 'list') => async (database: Database) =>
      (await createPayments(database).charged(pack, from)).isChanged;
    const ends = await place.atOnce(/INSERT INTO payments/, charged('message'), charged('list'));
    expect(ends.toSorted()).toEqual([false, true]);
    await place.one.commit(function* () {
      const sql = 'INSERT INTO people (id, first_update_id, first_seen_ms, last_seen_ms) VALUES (?, ?, 0, 0)';
      for (const id of [1, 2]) yield* place.one.run(sql, id, id);
    });
    const credit = (database: Database) =>
      createPeople(database).credit({ userId: 2, updateId: 2, byId: 1, results: 5, nowMs: 0 });
    expect((await place.atOnce(/INSERT INTO referrals/, credit, credit)).toSorted()).toEqual([false, true]);
    expect(await createPayments(place.one).sums(0)).toMatchObject({ payments: 1, results: { sold: 6, left: 6 } });
  });

  test('premium that is given by two adds up, and the same grant is given once', async () => {
    await using place = await twoProcesses();
    const give = (grant: string) => (database: Database) => createUsers(database).addPremium(7, 2, startMs, grant);
    const same = await place.atOnce(/INSERT INTO users/, give('tg-1'), give('tg-1'));
    expect(same).toEqual([startMs + 2 * dayMs, startMs + 2 * dayMs]);
    const ends = await place.atOnce(/INSERT INTO users/, give('tg-2'), give('tg-3'));
    expect(ends.toSorted()).toEqual([startMs + 4 * dayMs, startMs + 6 * dayMs]);
  });

  test('a person who is blocked while they ask has their request refused, or found and cancelled', async () => {
    await using place = await twoProcesses();
    const block = async (database: Database) => {
      await createSafety(database).block({ id: 7, sinceMs: 0 });
      return (await createSafety(database).openJobsOf(7)).map(({ id }) => id);
    };
    const [end, found] = await place.atOnce(insertJob, asks(1, roomy), block);
    expect([
      ['accepted', ['tg-1']],
      ['barred', []],
    ]).toContainEqual([end, found]);
  });

  test('what is added of a person who is being forgotten goes with the rest of them', async () => {
    await using place = await twoProcesses();
    const { one, other } = place;
    const engine = anEngine(one);
    const { id } = await accepted(engine, { updateId: 1, userId: 7 });
    await engine.queue.settle((await claimed(engine)).lease, { kind: 'failed', code: 'busy' });
    await place.atOnce(
      /SELECT words FROM rewrites|UPDATE inbox SET body/,
      (database) => createRewrites(database).keep(id, 'private words', undefined),
      (database) => createPersonalData(database).mark(7, startMs),
    );
    expect(await createRewrites(other).find(id)).toBeUndefined();
  });

  test('a file that is copied while its person is forgotten is deleted from the bucket', async () => {
    await using place = await twoProcesses();
    const { one, other } = place;
    const engine = anEngine(one);
    const { id } = await accepted(engine, { updateId: 1, userId: 7 });
    await engine.queue.settle((await claimed(engine)).lease, { kind: 'failed', code: 'busy' });
    const copy = (part: number) => ({ key: `key ${part}`, jobId: id, part, mime: 'image/png' });
    await place.atOnce(
      [/INSERT INTO result_copies/, 2],
      (database) => createResultCopies(database).add('bucket', [copy(0), copy(1)]),
      async (database) => {
        const data = createPersonalData(database);
        await data.mark(7, startMs);
        await data.drop([id], startMs);
      },
    );
    expect(await createResultCopies(other).toUpload('bucket', 9)).toEqual([]);
  });

  test('the history counts a request that another process was still accepting at the last look', async () => {
    await using place = await twoProcesses();
    const { reader } = anEngine(place.other, { running: anyNumber });
    const counted = async () => (await reader.history(startMs, 1)).total.requests;
    const accept = (database: Database) =>
      anEngine(database)
        .queue.accept(aRequest({ updateId: 1 }), roomy, 'receipt')
        .then(({ kind }) => kind);
    const seen: number[] = [];
    await place.during(/INSERT INTO effects/, accept, async () => {
      await accepted(anEngine(place.other), { updateId: 2 });
      seen.push(await counted());
    });
    seen.push(await counted(), await counted());
    expect(seen).toEqual([1, 2, 2]);
    await anEngine(place.one).queue.cancel(jobId('tg-1'), 1_001);
    expect((await reader.history(startMs, 1)).total).toMatchObject({ requests: 2, cancelled: 1 });
  });
});
