import { expect, test } from 'vitest';
import { ProcessKeeper } from '../../../src/app/processes/process-keeper.ts';
import type { Outcome } from '../../../src/domain/job.ts';
import type { RaisedAlert } from '../../../src/domain/admin-api.ts';
import { deadAfterMs, type ProcessNews } from '../../../src/domain/shared/processes.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import { maxClients } from '../../../src/storage/postgres/pool.ts';
import { openPostgres } from '../../../src/storage/postgres/open-postgres.ts';
import { createSharedStores } from '../../../src/storage/postgres/shared-stores.ts';
import { createInbox } from '../../../src/storage/stores/inbox.ts';
import { createEffectLedger } from '../../../src/storage/stores/effect-ledger.ts';
import { accepted, claimed } from '../../conformance/requests.ts';
import { anEngine } from '../sqlite/an-engine.ts';
import { hasPostgres, testDatabase } from '../../support/postgres-server.ts';

/** Processes on one database; `fallSilent` makes one look as if it had last beaten so long ago. */
async function aMeeting() {
  await using opening = new AsyncDisposableStack();
  const place = opening.use(await testDatabase());
  const join = async () => {
    const storage = opening.use(await openPostgres({ url: place.url, version: '1.0.0' }));
    const { database, process } = storage;
    return {
      ...createSharedStores(storage),
      database,
      id: process.id,
      inbox: createInbox(database),
      fallSilent: (forMs: number) =>
        database.commit(function* () {
          const sql = 'UPDATE processes SET beat_at_ms = now_ms() - ? WHERE id = ?';
          yield* database.run(sql, forMs, process.id);
        }),
    };
  };
  const [first, second] = [await join(), await join()];
  const opened = opening.move();
  return { first, second, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test.skipIf(!hasPostgres)(
  'a process shows that it lives while its other work uses and awaits every connection',
  async () => {
    await using meeting = await aMeeting();
    const { database, shared } = meeting.first;
    const work = Array.from({ length: 2 * maxClients }, () =>
      database.read(function* () {
        yield* database.get('SELECT pg_sleep(2) IS NULL AS slept');
        return 'work' as const;
      }),
    );
    const first = await Promise.race([...work, shared.processes.beat(shared.facts, []).then(() => 'beat' as const)]);
    const held = await Promise.race([...work, shared.keys.beat('nobody', 1_000).then(() => 'beat' as const)]);
    expect([first, held]).toEqual(['beat', 'beat']);
    await Promise.all(work);
  },
);

test.skipIf(!hasPostgres)(
  'takeLeftTold() finds, once, outcomes of dead processes whose status message may still look open',
  async () => {
    await using meeting = await aMeeting();
    const { first, second } = meeting;
    const { database } = first;
    const engine = anEngine(database);
    const ledger = createEffectLedger(database);
    const failed = { kind: 'failed', code: 'busy' } as const;
    const picture = { kind: 'result', model: 'm', payload: { kind: 'text', text: 'a picture' } } as const;
    const tell = async (updateId: number, outcome: Outcome, statusMessageId: number | undefined, shownIn: string) => {
      const { id } = await accepted(engine, { updateId, userId: updateId });
      await engine.queue.settle((await claimed(engine)).lease, outcome);
      const { lease } = (await engine.delivery.claim(id)) ?? {};
      if (lease === undefined) throw new Error('Cannot claim what ended');
      if (statusMessageId !== undefined) await engine.delivery.keepStatusMessage(id, statusMessageId);
      await ledger.begin(lease, 'result', 'idempotent');
      await ledger.end(lease, 'result', shownIn);
      await engine.delivery.done(lease);
    };
    await tell(1, picture, 81, '81');
    await tell(2, picture, 82, '99');
    await tell(3, picture, undefined, '98');
    await tell(4, failed, 84, '84');
    await tell(5, picture, 85, 'words-instead 85');
    await tell(6, picture, 86, '97');
    await database.commit(function* () {
      yield* database.run('UPDATE jobs SET owner = ?, told_at_ms = now_ms()', first.id);
      yield* database.run(`UPDATE jobs SET told_at_ms = now_ms() - 600000 WHERE id = 'tg-6'`);
    });
    expect(await second.shared.takeLeftTold()).toEqual([]);
    await first.fallSilent(deadAfterMs + 1);
    const left = await second.shared.takeLeftTold();
    expect(left.toSorted((one, other) => one.id.localeCompare(other.id))).toEqual([
      { id: 'tg-2', isApart: true },
      { id: 'tg-3', isApart: true },
      { id: 'tg-4', isApart: false },
    ]);
    expect(await second.shared.takeLeftTold()).toEqual([]);
  },
);

const updates = (...ids: readonly number[]) => ids.map((updateId) => ({ updateId, body: `{"update_id":${updateId}}` }));

test.skipIf(!hasPostgres)(
  'a role of several processes is held by one, and changes hands when that one is silent',
  async () => {
    await using meeting = await aMeeting();
    const { first, second } = meeting;
    const beat = ({ shared }: typeof first) => shared.processes.beat(shared.facts, ['telegram']);
    expect([await beat(first), await beat(first)]).toEqual([
      { telegram: { kind: 'held', fence: 1 } },
      { telegram: { kind: 'held', fence: 1 } },
    ]);
    const refused = await beat(second);
    expect(refused).toMatchObject({ telegram: { kind: 'taken' } });
    expect(refused.telegram?.kind === 'taken' && refused.telegram.freeInMs).toBeGreaterThan(0);
    await first.fallSilent(deadAfterMs + 1);
    expect([await beat(second), await beat(first)]).toMatchObject([
      { telegram: { kind: 'held', fence: 2 } },
      { telegram: { kind: 'taken' } },
    ]);
    const living = await first.shared.processes.living();
    expect(new Map(living.map(({ id, roles }) => [id, roles]))).toEqual(
      new Map([
        [first.id, []],
        [second.id, ['telegram']],
      ]),
    );
    await second.shared.processes.release(second.id, 'telegram');
    expect(await beat(first)).toEqual({ telegram: { kind: 'held', fence: 3 } });
    await first.shared.processes.leave(first.id);
    expect(await beat(second)).toEqual({ telegram: { kind: 'held', fence: 4 } });
  },
);

test.skipIf(!hasPostgres)('of many that ask for a role in the same moment, one gets it', async () => {
  await using meeting = await aMeeting();
  const all = [meeting.first, meeting.second];
  const rounds = await Promise.all(
    Array.from({ length: 40 }, (_, index) => {
      const { shared } = all[index % 2] ?? meeting.first;
      return shared.processes.beat(shared.facts, ['telegram', 'housekeeping']);
    }),
  );
  const held = rounds.map(({ telegram, housekeeping }) => [telegram?.kind, housekeeping?.kind]);
  const [mine, others] = [0, 1].map((place) => held.filter((_, index) => index % 2 === place));
  for (const role of [0, 1]) {
    const kinds = [mine, others].map((one) => new Set(one?.map((pair) => pair[role])));
    expect(kinds).toContainEqual(new Set(['held']));
    expect(kinds).toContainEqual(new Set(['taken']));
  }
});

test.skipIf(!hasPostgres)('an update is taken in hand by the holder of the role, and once in a term', async () => {
  await using meeting = await aMeeting();
  const { first, second } = meeting;
  await first.shared.processes.beat(first.shared.facts, ['telegram']);
  await second.inbox.keep(updates(1, 2), 1);
  await first.inbox.keep(updates(3), 1);
  const taken = async (store: typeof first, fence: number) =>
    (await store.shared.inbox.takeNew(fence)).map(({ updateId }) => updateId);
  expect([await taken(second, 7), await taken(first, 1), await taken(first, 1)]).toEqual([[], [1, 2, 3], []]);
  await first.inbox.handled(1);
  await second.inbox.keep(updates(4), 1);

  await first.fallSilent(deadAfterMs + 1);
  await second.shared.processes.beat(second.shared.facts, ['telegram']);
  expect([await taken(first, 1), await first.shared.inbox.takeUp(1)]).toEqual([
    [],
    { plain: [], suspects: [], setAside: [] },
  ]);
  const { plain, suspects } = await second.shared.inbox.takeUp(2);
  expect([plain.map(({ updateId }) => updateId), suspects]).toEqual([[2, 3, 4], []]);
  expect(await taken(second, 2)).toEqual([]);
});

test.skipIf(!hasPostgres)(
  'an update on which three holders died is set aside, and none that a holder left in order',
  async () => {
    await using meeting = await aMeeting();
    const { first } = meeting;
    await first.inbox.keep(updates(1, 2), 1);
    const dies = async (fence: number) => {
      await first.shared.processes.release(first.id, 'telegram');
      await first.shared.processes.beat(first.shared.facts, ['telegram']);
      return first.shared.inbox.takeUp(fence);
    };
    await dies(1);
    await first.shared.inbox.survived(1);
    expect((await dies(2)).plain.map(({ updateId }) => updateId)).toEqual([1, 2]);
    const orders: (readonly number[])[] = [];
    for (const fence of [3, 4]) {
      orders.push((await dies(fence)).suspects.map(({ updateId }) => updateId));
      await first.inbox.inHand(1);
    }
    // The least suspect first.
    expect(orders).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(await dies(5)).toMatchObject({ setAside: [1], suspects: [{ updateId: 2 }] });
  },
);

test.skipIf(!hasPostgres)('places to send are counted for all processes together', async () => {
  await using meeting = await aMeeting();
  const { first, second } = meeting;
  const pace = { place: 5, messages: 1, burst: 3, everyMs: 60_000, isUrgent: false };
  const waits = await Promise.all(
    Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? first : second).shared.places.take(pace)),
  );
  expect(waits.filter((ms) => ms === 0)).toHaveLength(3);
  expect(Math.min(...waits.filter((ms) => ms > 0))).toBeGreaterThan(50_000);
  expect([
    await first.shared.places.take({ ...pace, isUrgent: true }),
    await second.shared.places.take({ ...pace, place: 6 }),
  ]).toEqual([0, 0]);

  const group = { place: -7, messages: 2, burst: 100, everyMs: 1, perMinute: 5, isUrgent: true };
  const minute: number[] = [];
  for (let call = 0; call < 4; call += 1) minute.push(await first.shared.places.take(group));
  expect(minute.map((ms) => ms > 0)).toEqual([false, false, true, true]);
  expect([await second.shared.places.take({ ...group, messages: 1 }), (minute[3] ?? 0) > 50_000]).toEqual([0, true]);
  expect(await second.shared.places.take({ ...group, messages: 1 })).toBeGreaterThan(50_000);
});

test.skipIf(!hasPostgres)('an alert of several processes is one, for as long as a living one has it', async () => {
  await using meeting = await aMeeting();
  const { first, second } = meeting;
  const alert = (provider: string, raisedAtMs: number): RaisedAlert => ({
    id: `silent:${provider}`,
    severity: 'high',
    facts: { kind: 'provider-silent', provider: provider },
    raisedAtMs,
  });
  await first.alerts.save([alert('bytez', 20)]);
  await second.alerts.save([alert('openai', 10), alert('bytez', 15)]);
  expect(await first.alerts.load()).toEqual([alert('openai', 10), alert('bytez', 15)]);
  await first.shared.alerts.noteTold(alert('bytez', 15), true);
  await second.fallSilent(deadAfterMs + 1);
  expect([await first.shared.alerts.raised(), await second.shared.alerts.told()]).toEqual([
    [alert('bytez', 20)],
    [alert('bytez', 15)],
  ]);
  await first.shared.alerts.noteTold(alert('bytez', 15), false);
  expect(await first.shared.alerts.told()).toEqual([]);
});

test.skipIf(!hasPostgres)(
  'ProcessKeeper works on PostgreSQL: news are heard, and a role that is given back is taken over',
  async () => {
    await using meeting = await aMeeting();
    const { first, second } = meeting;
    const join = ({ shared }: typeof first) =>
      ProcessKeeper.join({ facts: shared.facts, store: shared.processes, clock: systemClock, emit: () => undefined });
    await using one = await join(first);
    await using other = await join(second);
    const gained = Promise.withResolvers<number>();
    const held = Promise.withResolvers<void>();
    one.hold('telegram', () => held.resolve());
    await held.promise;
    other.hold('telegram', ({ fence }) => gained.resolve(fence));
    const heard = Promise.withResolvers<ProcessNews>();
    other.onNews((news) => news.kind === 'rest' && heard.resolve(news));
    one.tell({ kind: 'rest', place: 5, forMs: 100 });
    expect(await heard.promise).toEqual({ kind: 'rest', place: 5, forMs: 100 });
    await one.release('telegram');
    expect(await gained.promise).toBe(2);
  },
);

test.skipIf(!hasPostgres)('news that PostgreSQL does not carry, counted in bytes, are not told', async () => {
  await using meeting = await aMeeting();
  const { processes, facts } = meeting.first.shared;
  const told = processes.tell(facts.id, { kind: 'event', name: 'app.error', line: 'ж'.repeat(5_000) });
  await expect(told).resolves.toBeUndefined();
});
