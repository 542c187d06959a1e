import { expect, test } from 'vitest';
import type { JobId } from '../../../src/domain/ids.ts';
import type { Database } from '../../../src/storage/database.ts';
import { runToEnd } from '../../../src/storage/sqlite/run-to-end.ts';
import { damageOf } from '../../../src/storage/sqlite/damage.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { checkLedger, needsResult, undeliveredResults } from '../../../src/storage/stores/checks.ts';
import { createEffectLedger } from '../../../src/storage/stores/effect-ledger.ts';
import { anEngine } from './an-engine.ts';
import { accepted, claimed, startMs } from '../../conformance/requests.ts';

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

const unbalancedIn = (database: Database) => runToEnd(checkLedger(database, startMs)).unbalanced;

test('checkLedger() finds the credit of a result in order when words stood for it and it was given back', async () => {
  using database = openDatabase({ path: ':memory:' });
  await aToldResult(database, 'words-instead 5', 'words-instead');
  expect(unbalancedIn(database)).toBe(0);
});

test('checkLedger() finds a credit that was given back for a result that was shown, or kept where words stood for it', async () => {
  using database = openDatabase({ path: ':memory:' });
  await aToldResult(database, '5', 'words-instead');
  expect(unbalancedIn(database)).toBe(1);
  using another = openDatabase({ path: ':memory:' });
  await aToldResult(another, 'words-instead 5');
  expect(unbalancedIn(another)).toBe(1);
});

test('an ending that cannot be read stops neither a start nor a look over the ledger', async () => {
  using database = openDatabase({ path: ':memory:' });
  const id = await aToldResult(database, '5');
  const engine = anEngine(database);
  const { job } = await accepted(engine, { updateId: 2 }).then(() => claimed(engine));
  await engine.queue.cancel(job.id, job.origin.userId);
  database.runNow(`UPDATE jobs SET outcome = '{"kind":"res'`);
  expect(await engine.queue.recover(6)).toEqual({ handedBack: 0, setAside: [], unreadable: [] });
  expect(await engine.delivery.pending()).toEqual([job.id]);
  expect((await engine.delivery.claim(job.id))?.job.state).toMatchObject({ outcome: { code: 'set-aside' } });
  expect(damageOf(database)).toEqual([]);
  expect(unbalancedIn(database)).toBe(1);
  expect(runToEnd(undeliveredResults(database))).toEqual([]);
  expect(runToEnd(needsResult(database, id))).toBe(false);
});
