import { expect, test } from 'vitest';
import type { JobId } from '../../../src/domain/ids.ts';
import type { Database } from '../../../src/storage/database.ts';
import { SqliteDatabase } from '../../../src/storage/sqlite/connection.ts';
import { damageOf } from '../../../src/storage/sqlite/damage.ts';
import { checkLedger, needsResult, undeliveredResults } from '../../../src/storage/stores/checks.ts';
import { createEffectLedger } from '../../../src/storage/stores/effect-ledger.ts';
import { anEngine } from '../sqlite/an-engine.ts';
import { accepted, claimed, startMs } from '../../conformance/requests.ts';
import { onBothEngines } from '../on-both-engines.ts';

const file = { path: '/data/results/job-tg-1.png', kind: 'image', mime: 'image/png', bytes: 9 } as const;

/** A result that was told like this; answers its job. */
async function aToldResult(database: Database, note: string, shown?: 'words-instead'): Promise<JobId> {
  const engine = anEngine(database);
  const ledger = createEffectLedger(database);
  const { id } = await accepted(engine, { updateId: 1 });
  await engine.queue.settle((await claimed(engine)).lease, {
    kind: 'result',
    payload: { kind: 'file', file },
    model: 'fox',
  });
  const emitting = await engine.delivery.claim(id);
  if (emitting === undefined) throw new Error('Cannot deliver: there is nothing to claim');
  await ledger.begin(emitting.lease, 'result', 'idempotent');
  await ledger.end(emitting.lease, 'result', note);
  expect(await engine.delivery.done(emitting.lease, shown)).toBe(true);
  return id;
}

const unbalancedIn = (database: Database) =>
  database.read(() => checkLedger(database, startMs)).then(({ unbalanced }) => unbalanced);

onBothEngines(({ open }) => {
  test('checkLedger() finds the credit of a result in order when words stood for it and it was given back', async () => {
    await using store = await open();
    const { database } = store;
    await aToldResult(database, 'words-instead 5', 'words-instead');
    expect(await unbalancedIn(database)).toBe(0);
  });

  test.each([
    ['was given back for a result that was shown', '5', 'words-instead'],
    ['was kept where words stood for the result', 'words-instead 5', undefined],
  ] as const)('checkLedger() finds a credit that %s', async (_, note, shown) => {
    await using store = await open();
    await aToldResult(store.database, note, shown);
    expect(await unbalancedIn(store.database)).toBe(1);
  });

  test('an ending that cannot be read stops neither a start nor a look over the ledger', async () => {
    await using store = await open();
    const { database } = store;
    const id = await aToldResult(database, '5');
    const engine = anEngine(database);
    const { job } = await accepted(engine, { updateId: 2 }).then(() => claimed(engine));
    await engine.queue.cancel(job.id, job.origin.userId);
    await store.change(`UPDATE jobs SET outcome = '{"kind":"res'`);
    expect(await engine.queue.recover(6)).toEqual({ handedBack: 0, setAside: [], unreadable: [] });
    expect(await engine.delivery.pending()).toEqual([job.id]);
    expect((await engine.delivery.claim(job.id))?.job.state).toMatchObject({ outcome: { code: 'set-aside' } });
    if (database instanceof SqliteDatabase) expect(damageOf(database)).toEqual([]);
    expect(await unbalancedIn(database)).toBe(1);
    expect(await database.read(() => undeliveredResults(database))).toEqual([]);
    expect(await database.read(() => needsResult(database, id))).toBe(false);
  });
});
