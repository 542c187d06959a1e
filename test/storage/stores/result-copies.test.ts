import { expect, test } from 'vitest';
import type { JobId } from '../../../src/domain/ids.ts';
import { createResultCopies } from '../../../src/storage/stores/jobs/result-copies.ts';
import { createPersonalData } from '../../../src/storage/stores/personal-data.ts';
import { createEffectLedger } from '../../../src/storage/stores/effect-ledger.ts';
import { accepted, claimed, startMs } from '../../conformance/requests.ts';
import { anEngine } from '../sqlite/an-engine.ts';
import { onBothEngines, type TestedEngine } from '../on-both-engines.ts';

const place = 'https://minio.example.com pictures';
const file = { path: 'results/job-1.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;

async function aStore({ open }: TestedEngine) {
  const store = await open();
  const { database } = store;
  const engine = anEngine(database);
  await accepted(engine, { updateId: 1, userId: 1 });
  const { lease, job } = await claimed(engine);
  await engine.queue.settle(lease, { kind: 'result', payload: { kind: 'file', file }, model: 'fox' });
  const copies = createResultCopies(database);
  const copyOf = (jobId: JobId, key: string, part = 0) => ({ key, jobId, part, mime: 'image/png' });
  const states = async () =>
    (await store.rows('SELECT key, state, job_id FROM result_copies ORDER BY seq')).map((row) => Object.values(row));
  const data = createPersonalData(database);
  return {
    database,
    engine,
    copies,
    copyOf,
    states,
    data,
    id: job.id,
    change: store.change,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

onBothEngines((tested) => {
  test('a file keeps its first key, however often it is added', async () => {
    await using store = await aStore(tested);
    const { copies, copyOf, id } = store;
    await copies.add(place, [copyOf(id, 'a'), copyOf(id, 'b', 1)]);
    await copies.add(place, [copyOf(id, 'c'), copyOf(id, 'd', 1)]);
    expect((await copies.toUpload(place, 9)).map(({ key, part }) => [key, part])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    expect(await copies.toUpload('another bucket', 9)).toEqual([]);
  });

  test('a job that is deleted, in whatever way, takes its copies to deletion, also one that is on its way', async () => {
    await using store = await aStore(tested);
    const { copies, copyOf, id, states, data } = store;
    await copies.add(place, [copyOf(id, 'a'), copyOf(id, 'b', 1)]);
    expect(await copies.uploaded('a')).toBe(true);
    await data.mark(1, startMs);
    await store.change('UPDATE jobs SET state = ?, told_at_ms = 1', 'told');
    await data.drop([id], startMs);
    expect(await states()).toEqual([
      ['a', 'delete', null],
      ['b', 'delete', null],
    ]);
    expect(await copies.uploaded('b')).toBe(false);
    expect(await copies.toDelete(place, 9)).toEqual(['a', 'b']);
    await copies.postpone('a');
    expect(await copies.toDelete(place, 1)).toEqual(['b']);
    await copies.drop('a');
    await copies.drop('b');
    expect(await states()).toEqual([]);
  });

  test('nothing is copied of a person who wants to be forgotten', async () => {
    await using store = await aStore(tested);
    const { copies, copyOf, id, states, data } = store;
    await data.mark(1, startMs);
    await copies.add(place, [copyOf(id, 'a')]);
    expect(await states()).toEqual([]);
  });

  test('kept() knows the message of each file once it has arrived, and no message that words took', async () => {
    await using store = await aStore(tested);
    const { copies, copyOf, id, engine, database } = store;
    await copies.add(place, [copyOf(id, 'a'), copyOf(id, 'b', 1)]);
    for (const key of ['a', 'b']) await copies.uploaded(key);
    const messages = async () => (await copies.kept(place, id)).map(({ messageId }) => messageId);
    expect(await messages()).toEqual([undefined, undefined]);
    const ledger = createEffectLedger(database);
    const claim = await engine.delivery.claim(id);
    if (claim === undefined) throw new Error('Cannot claim the ended job');
    await ledger.begin(claim.lease, 'result', 'idempotent');
    await ledger.begin(claim.lease, 'part-2', 'once');
    expect(await messages()).toEqual([undefined, undefined]);
    await ledger.end(claim.lease, 'result', '41');
    await ledger.begin(claim.lease, 'part-2-again', 'once');
    await ledger.end(claim.lease, 'part-2-again', '43');
    expect(await messages()).toEqual([41, 43]);
    expect(await copies.unlinked(place, 9)).toEqual([id]);
    await copies.linked(['a', 'b']);
    expect(await copies.unlinked(place, 9)).toEqual([]);
    await store.change(`UPDATE effects SET note = 'words-instead 41' WHERE effect = 'result'`);
    expect(await messages()).toEqual([undefined, 43]);
  });
});
