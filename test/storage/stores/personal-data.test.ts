import { expect, test } from 'vitest';
import type { JobId } from '../../../src/domain/ids.ts';
import type { Outcome } from '../../../src/domain/job.ts';
import { createDialogues, createUsers } from '../../../src/storage/stores/people-and-chats.ts';
import { createEffectLedger } from '../../../src/storage/stores/effect-ledger.ts';
import { createInbox } from '../../../src/storage/stores/inbox.ts';
import { anEngine } from '../sqlite/an-engine.ts';
import { createPersonalData } from '../../../src/storage/stores/personal-data.ts';
import { aTrail } from '../../conformance/call-promises.ts';
import { accepted, aRequest, claimed, startMs } from '../../conformance/requests.ts';
import { onBothEngines, type TestedEngine } from '../on-both-engines.ts';

const dayMs = 86_400_000;
const file = { path: 'results/job-1.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;
const result: Outcome = { kind: 'result', payload: { kind: 'file', file }, model: 'fox' };

async function aStore({ open }: TestedEngine) {
  const store = await open();
  const { database, rows } = store;
  const engine = anEngine(database);
  const ledger = createEffectLedger(database);
  const end = async (outcome: Outcome, tellAtMs?: number): Promise<JobId> => {
    const { lease, job } = await claimed(engine);
    await engine.queue.recordCall(lease, aTrail(1));
    await engine.queue.settle(lease, outcome);
    await ledger.begin({ jobId: job.id }, 'receipt', 'once');
    await ledger.end({ jobId: job.id }, 'receipt', '5');
    const emitting = tellAtMs === undefined ? undefined : await engine.delivery.claim(job.id);
    if (emitting !== undefined) await engine.at(tellAtMs ?? 0).delivery.done(emitting.lease);
    return job.id;
  };
  return {
    database,
    engine,
    data: createPersonalData(database),
    end,
    rows,
    countIn: async (table: string) => Number((await rows(`SELECT count(*) AS n FROM ${table}`))[0]?.['n']),
    creditRows: () => rows('SELECT job_id, given_back FROM credits ORDER BY job_id'),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

onBothEngines((tested) => {
  test('createPersonalData().overdue() answers what was told long enough ago, and what is told and marked', async () => {
    await using store = await aStore(tested);
    const { engine, data, end } = store;
    for (const userId of [1, 2, 3, 4]) await accepted(engine, { updateId: userId, userId });
    const old = await end(result, startMs);
    const young = await end(result, startMs + 1);
    const marked = await end(result, startMs + 2);
    await end(result);
    await data.mark(3, startMs + 3);
    await data.mark(4, startMs + 3);
    expect(await data.expired(startMs, 10)).toEqual([marked, old]);
    expect(await data.expired(startMs + 1, 2)).toEqual([marked, old]);
    expect(await data.expired(startMs + 1, 10)).toEqual([marked, old, young]);
    expect(await data.pendingErasure()).toBe(1);
  });

  test('createPersonalData().drop() leaves nothing of an old job', async () => {
    await using store = await aStore(tested);
    await accepted(store.engine, { updateId: 1 });
    const id = await store.end(result, startMs);
    await store.data.drop([id], startMs + dayMs);
    expect(await store.engine.reader.find(id)).toBeUndefined();
    const tables = ['jobs', 'calls', 'effects', 'credits', 'turns', 'waiting_counts'];
    expect(await Promise.all(tables.map(store.countIn))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('createPersonalData() lets nobody begin the day anew by being forgotten, and forgets the count with the day', async () => {
    await using store = await aStore(tested);
    const { engine, data } = store;
    const limits = { waiting: 9, perDay: 1 };
    await engine.queue.accept(aRequest({ updateId: 1, userId: 7 }), limits);
    const id = await store.end(result, startMs);
    await data.mark(7, startMs);
    await data.drop([id], startMs);
    expect(await store.creditRows()).toEqual([{ job_id: 'forgotten:tg-1', given_back: 0 }]);
    const again = await engine.queue.accept(aRequest({ updateId: 2, userId: 7 }), limits);
    expect(again).toEqual({ kind: 'refused', code: 'quota-reached' });
    await data.trim(0, startMs);
    expect(await store.creditRows()).toHaveLength(1);
    await data.trim(0, startMs + dayMs);
    expect(await store.creditRows()).toEqual([]);
  });

  test('createPersonalData().mark() takes the words of what ended for the person, and of nothing else', async () => {
    await using store = await aStore(tested);
    const { engine, data, end } = store;
    const options = { negative: 'a private thing' };
    await engine.queue.accept({ ...aRequest({ updateId: 1, userId: 7 }), options }, { waiting: 9, perDay: -1 });
    await accepted(engine, { updateId: 2, userId: 8 });
    const mine = await end(result);
    const others = await end(result);
    await accepted(engine, { updateId: 3, userId: 7 });
    expect(await data.mark(7, startMs)).toBe(1);
    expect(await data.mark(7, startMs)).toBe(0);
    const found = await engine.reader.find(mine);
    expect(found).toMatchObject({ prompt: '' });
    expect(found).not.toHaveProperty('options');
    expect((await engine.reader.find(others))?.prompt).toBe('a red fox, number 2');
    expect((await engine.reader.jobsOf(7)).map(({ prompt }) => prompt)).toEqual(['a red fox, number 3', '']);
  });

  test('createPersonalData().mark() deletes language, dialogues and words that were set aside, keeps premium while it lasts', async () => {
    await using store = await aStore(tested);
    const { database, data } = store;
    const users = createUsers(database);
    const dialogues = createDialogues(database);
    const inbox = createInbox(database);
    for (const id of [7, 8]) {
      await users.setLocale(id, 'es');
      await dialogues.write(`${id}:${id}`, '{"words":"private"}', startMs);
      await dialogues.write(`-100:${id}`, '{"words":"private"}', startMs);
    }
    await users.addPremium(7, 2, startMs);
    const bodies = [
      { message: { from: { id: 7 }, text: 'private' } },
      { callback_query: { from: { id: 7 }, data: 'private' } },
      { message: { from: { id: 8 }, text: 'private' } },
    ];
    await inbox.keep(
      [
        ...bodies.map((body, index) => ({ updateId: index, body: JSON.stringify(body) })),
        { updateId: 9, body: 'no JSON' },
      ],
      startMs,
    );
    for (const updateId of [0, 1, 2, 9]) for (let tries = 0; tries < 3; tries += 1) await inbox.failed(updateId);
    await data.mark(7, startMs);
    expect(await users.find(7)).toEqual({ id: 7, premiumUntilMs: startMs + 2 * dayMs });
    expect(await users.find(8)).toEqual({ id: 8, locale: 'es' });
    expect((await store.rows('SELECT key FROM dialogues ORDER BY key')).map((row) => row['key'])).toEqual([
      '-100:8',
      '8:8',
    ]);
    expect((await store.rows('SELECT body FROM inbox ORDER BY seq')).map((row) => row['body'])).toEqual([
      '',
      '',
      JSON.stringify(bodies[2]),
      'no JSON',
    ]);
    await data.mark(7, startMs + 3 * dayMs);
    expect(await store.countIn('users')).toBe(1);
  });

  test('createPersonalData().trim() takes the words of what could not be handled once they are old, and keeps the ids', async () => {
    await using store = await aStore(tested);
    const inbox = createInbox(store.database);
    for (const [updateId, keptAtMs] of [
      [1, startMs],
      [2, startMs + 1],
      [3, startMs],
    ] as const) {
      await inbox.keep([{ updateId, body: `words ${updateId}` }], keptAtMs);
    }
    for (const updateId of [1, 2]) for (let tries = 0; tries < 3; tries += 1) await inbox.failed(updateId);
    await store.data.trim(startMs, startMs);
    const bodies = await store.rows('SELECT update_id, body FROM inbox ORDER BY update_id');
    expect(bodies).toEqual([
      { update_id: 1, body: '' },
      { update_id: 2, body: 'words 2' },
      { update_id: 3, body: 'words 3' },
    ]);
    expect(await inbox.keep([{ updateId: 1, body: 'again' }], startMs)).toEqual([]);
  });

  test('createPersonalData().needsFile() says yes while somebody may still be shown it', async () => {
    await using store = await aStore(tested);
    const { engine, data, end } = store;
    for (const updateId of [1, 2, 3]) await accepted(engine, { updateId });
    const told = await end(result, startMs);
    const cancelled = await end({ kind: 'cancelled' });
    const { job: running } = await claimed(engine);
    await store.data.drop([told], startMs);
    const answers = await Promise.all([told, cancelled, running.id].map((id) => data.needsFile(id)));
    expect(answers).toEqual([false, false, true]);
  });
});
