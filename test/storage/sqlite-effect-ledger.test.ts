import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createSqliteEffectLedger } from '../../src/storage/sqlite-effect-ledger.ts';
import { scratch } from './scratch.ts';

const id = jobId('tg-1');

test('createSqliteEffectLedger() lets an effect go once and remembers its note', async () => {
  using database = openDatabase({ path: ':memory:' });
  const ledger = createSqliteEffectLedger(database);
  expect(await ledger.begin(id, 'receipt', 'once')).toEqual({ kind: 'go' });
  await ledger.end(id, 'receipt', '4711');
  expect(await ledger.begin(id, 'receipt', 'once')).toEqual({ kind: 'done', note: '4711' });
  expect(await ledger.begin(id, 'receipt', 'idempotent')).toEqual({ kind: 'done', note: '4711' });
  expect(await ledger.begin(id, 'ping', 'once')).toEqual({ kind: 'go' });
  expect(await ledger.begin(jobId('tg-2'), 'receipt', 'once')).toEqual({ kind: 'go' });
});

test('createSqliteEffectLedger() is unsure after a restart about a once-only effect that never ended', async () => {
  using place = scratch();
  {
    using database = openDatabase({ path: place.file });
    const ledger = createSqliteEffectLedger(database);
    await ledger.begin(id, 'ping', 'once');
    await ledger.begin(id, 'result', 'idempotent');
  }
  using database = openDatabase({ path: place.file });
  const ledger = createSqliteEffectLedger(database);
  expect(await ledger.begin(id, 'ping', 'once')).toEqual({ kind: 'unsure' });
  expect(await ledger.begin(id, 'ping', 'once')).toEqual({ kind: 'unsure' });
  expect(await ledger.begin(id, 'result', 'idempotent')).toEqual({ kind: 'go' });
});

test('createSqliteEffectLedger().undo() lets the effect begin anew', async () => {
  using database = openDatabase({ path: ':memory:' });
  const ledger = createSqliteEffectLedger(database);
  await ledger.begin(id, 'ping', 'once');
  await ledger.undo(id, 'ping');
  expect(await ledger.begin(id, 'ping', 'once')).toEqual({ kind: 'go' });
  await ledger.end(id, 'ping', '');
  expect(await ledger.begin(id, 'ping', 'once')).toEqual({ kind: 'done', note: '' });
});
