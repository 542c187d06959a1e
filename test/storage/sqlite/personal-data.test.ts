import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { JobId } from '../../../src/domain/ids.ts';
import type { Outcome } from '../../../src/domain/job.ts';
import { openDatabase, type SqliteDatabase } from '../../../src/storage/sqlite/database.ts';
import { createDialogues, createUsers } from '../../../src/storage/stores/people-and-chats.ts';
import { createEffectLedger } from '../../../src/storage/stores/effect-ledger.ts';
import { createInbox } from '../../../src/storage/stores/inbox.ts';
import { anEngine } from './an-engine.ts';
import { createPersonalData } from '../../../src/storage/stores/personal-data.ts';
import { aTrail } from '../../conformance/call-promises.ts';
import { accepted, aRequest, claimed, startMs } from '../../conformance/requests.ts';
import { scratch } from './scratch.ts';

const dayMs = 86_400_000;
const file = { path: 'results/job-1.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;
const result: Outcome = { kind: 'result', payload: { kind: 'file', file }, model: 'fox' };

function aStore(path = ':memory:') {
  const database = openDatabase({ path });
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
    rows: (table: string) => Number(database.getNow(`SELECT count(*) AS n FROM ${table}`)?.['n']),
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}

const creditsOf = (database: SqliteDatabase) =>
  database.allNow('SELECT job_id, given_back FROM credits ORDER BY job_id').map((row) => ({ ...row }));

test('createPersonalData().overdue() answers what was told long enough ago, and what is told and marked', async () => {
  using store = aStore();
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
  using store = aStore();
  await accepted(store.engine, { updateId: 1 });
  const id = await store.end(result, startMs);
  await store.data.drop([id], startMs + dayMs);
  expect(await store.engine.reader.find(id)).toBeUndefined();
  expect(['jobs', 'calls', 'effects', 'credits', 'turns', 'waiting_counts'].map(store.rows)).toEqual([
    0, 0, 0, 0, 0, 0,
  ]);
});

test('createPersonalData() lets nobody begin the day anew by being forgotten, and forgets the count with the day', async () => {
  using store = aStore();
  const { engine, data, database } = store;
  const limits = { waiting: 9, perDay: 1 };
  await engine.queue.accept(aRequest({ updateId: 1, userId: 7 }), limits);
  const id = await store.end(result, startMs);
  await data.mark(7, startMs);
  await data.drop([id], startMs);
  expect(creditsOf(database)).toEqual([{ job_id: 'forgotten:tg-1', given_back: 0 }]);
  const again = await engine.queue.accept(aRequest({ updateId: 2, userId: 7 }), limits);
  expect(again).toEqual({ kind: 'refused', code: 'quota-reached' });
  await data.trim(0, startMs);
  expect(creditsOf(database)).toHaveLength(1);
  await data.trim(0, startMs + dayMs);
  expect(creditsOf(database)).toEqual([]);
});

test('createPersonalData().mark() takes the words of what ended for the person, and of nothing else', async () => {
  using store = aStore();
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
  using store = aStore();
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
  expect(database.allNow('SELECT key FROM dialogues ORDER BY key').map((row) => row['key'])).toEqual(['-100:8', '8:8']);
  expect(database.allNow('SELECT body FROM inbox ORDER BY seq').map((row) => row['body'])).toEqual([
    '',
    '',
    JSON.stringify(bodies[2]),
    'no JSON',
  ]);
  await data.mark(7, startMs + 3 * dayMs);
  expect(store.rows('users')).toBe(1);
});

test('createPersonalData().trim() takes the words of what could not be handled once they are old, and keeps the ids', async () => {
  using store = aStore();
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
  const bodies = store.database
    .allNow('SELECT update_id, body FROM inbox ORDER BY update_id')
    .map((row) => ({ ...row }));
  expect(bodies).toEqual([
    { update_id: 1, body: '' },
    { update_id: 2, body: 'words 2' },
    { update_id: 3, body: 'words 3' },
  ]);
  expect(await inbox.keep([{ updateId: 1, body: 'again' }], startMs)).toEqual([]);
});

test('createPersonalData().needsFile() says yes while somebody may still be shown it', async () => {
  using store = aStore();
  const { engine, data, end } = store;
  for (const updateId of [1, 2, 3]) await accepted(engine, { updateId });
  const told = await end(result, startMs);
  const cancelled = await end({ kind: 'cancelled' });
  const { job: running } = await claimed(engine);
  await store.data.drop([told], startMs);
  const answers = await Promise.all([told, cancelled, running.id].map((id) => data.needsFile(id)));
  expect(answers).toEqual([false, false, true]);
});

test('createPersonalData() overwrites what it deletes', async () => {
  using place = scratch();
  const words = 'an-unmistakable-private-wish';
  {
    using store = aStore(place.file);
    const request = { ...aRequest({ updateId: 1 }), prompt: `${words} `.repeat(40) };
    await store.engine.queue.accept(request, { waiting: 9, perDay: -1 });
    const id = await store.end(result, startMs);
    await store.data.mark(request.origin.userId, startMs);
    await store.data.drop([id], startMs + dayMs);
  }
  expect(readFileSync(place.file, 'latin1')).not.toContain(words);
});

test('createPersonalData() deletes fifty jobs among 20,000 in a few milliseconds', async () => {
  using place = scratch();
  using store = aStore(place.file);
  const { database, data } = store;
  database.script(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO jobs (id, update_id, kind, prompt, lane, locale, chat_id, chat_type, user_id, message_id, line, state,
      round, ready_at_ms, accepted_at_ms, ended_at_ms, told_at_ms, outcome)
    SELECT 'tg-' || i, i, 'image', 'a red fox in the snow, number ' || i, 'free', 'en', i % 500, 'private', i % 500, i,
      'bytez', 'told', i, 0, 0, 0, i, '{"kind":"cancelled"}' FROM n;
    INSERT INTO credits (job_id, user_id, kind, day) SELECT id, user_id, kind, 0 FROM jobs;
    INSERT INTO effects (job_id, effect, note) SELECT id, 'result', '5' FROM jobs;
    INSERT INTO calls (job_id, call, fence, trail) SELECT id, 1, 1, '{}' FROM jobs`);
  const steps: number[] = [];
  const timed = async <Result>(work: () => Promise<Result>) => {
    const before = performance.now();
    const done = await work();
    steps.push(performance.now() - before);
    return done;
  };
  for (let round = 0; round < 20; round += 1) {
    const ids = await timed(() => data.expired(10_000, 50));
    await timed(() => data.drop(ids, startMs));
  }
  expect(store.rows('jobs')).toBe(19_000);
  expect(steps.toSorted((a, b) => a - b)[Math.floor(steps.length * 0.9)]).toBeLessThan(50);
});
