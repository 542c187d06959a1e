import { expect, test } from 'vitest';
import { keyId } from '../../src/domain/ids.ts';
import type { KeyState } from '../../src/domain/key-state.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { createSqliteKeyStore } from '../../src/storage/sqlite-key-store.ts';
import { scratch } from './scratch.ts';

const states: readonly KeyState[] = [
  { kind: 'ready' },
  { kind: 'cooling', untilMs: 1.5, reason: 'concurrency' },
  { kind: 'benched', reason: 'rejected', probeAtMs: 60_000, times: 2 },
  { kind: 'probing', reason: 'out-of-credit', times: 1 },
  { kind: 'disabled' },
];
const aRecord = (state: KeyState, index: number) => ({
  id: keyId(`a${index}`),
  state,
  limitedInARow: index,
  seatLimit: 4,
  calls: 10,
  successes: 9,
});

test('createSqliteKeyStore() gives every state back after a restart', async () => {
  using place = scratch();
  const records = states.map(aRecord);
  {
    using database = openDatabase({ path: place.file });
    await createSqliteKeyStore(database).save(records);
  }
  using database = openDatabase({ path: place.file });
  expect(await createSqliteKeyStore(database).load()).toEqual(records);
});

test('createSqliteKeyStore().save() replaces the keys it is given and keeps the others', async () => {
  using database = openDatabase({ path: ':memory:' });
  const store = createSqliteKeyStore(database);
  const [first, second] = states.map(aRecord);
  if (first === undefined || second === undefined) throw new Error('Cannot test without records');
  await store.save([first, second]);
  await store.save([{ ...second, state: { kind: 'ready' }, calls: 11 }]);
  expect(await store.load()).toEqual([first, { ...second, state: { kind: 'ready' }, calls: 11 }]);
});

test('createSqliteKeyStore().load() refuses a state that it does not know, without showing the row', async () => {
  using database = openDatabase({ path: ':memory:' });
  const store = createSqliteKeyStore(database);
  await store.save([aRecord({ kind: 'ready' }, 0)]);
  for (const state of ['not json', '{"kind":"dancing"}']) {
    database.run('UPDATE keys SET state = ?', state);
    await expect(store.load()).rejects.toMatchObject({
      code: 'unreadable-row',
      message: expect.stringMatching(/^Cannot read a row of "keys": unexpected state/) as string,
    });
  }
});

test('createSqliteKeyStore().salt() is made once for an installation and differs between two', async () => {
  using place = scratch();
  const salts: string[] = [];
  for (let start = 0; start < 2; start += 1) {
    using database = openDatabase({ path: place.file });
    salts.push(await createSqliteKeyStore(database).salt(), await createSqliteKeyStore(database).salt());
  }
  expect(new Set(salts).size).toBe(1);
  expect(salts[0]).toMatch(/^[0-9a-f]{64}$/);
  using other = openDatabase({ path: ':memory:' });
  expect(await createSqliteKeyStore(other).salt()).not.toBe(salts[0]);
});
