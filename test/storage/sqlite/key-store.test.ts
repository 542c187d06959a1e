import { expect, test } from 'vitest';
import { keyId } from '../../../src/domain/ids.ts';
import type { KeyState, KeyRecord } from '../../../src/domain/key-state.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { migrations } from '../../../src/storage/sqlite/migrate.ts';
import { createKeyStore } from '../../../src/storage/stores/key-store.ts';
import type { StorageError } from '../../../src/storage/storage-error.ts';
import { scratch } from './scratch.ts';

const states: readonly KeyState[] = [
  { kind: 'ready' },
  { kind: 'suspect', reason: 'failed-run', sinceMs: 5 },
  { kind: 'cooling', sinceMs: 0.5, untilMs: 1.5, reason: 'concurrency', stated: false },
  { kind: 'half-open', after: 'rate-limited', times: 3 },
  { kind: 'half-open', after: 'rejected', times: 1 },
  { kind: 'benched', reason: 'rejected', probeAtMs: 60_000, times: 2, confirmed: true },
  { kind: 'probing', reason: 'out-of-credit', times: 1, confirmed: false },
  { kind: 'disabled' },
];

function aRecord(state: KeyState, index = 0, more: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: keyId(`a${index}`),
    provider: 'bytez',
    name: `bytez #${index + 1}`,
    savedAtMs: 1_000,
    state,
    limitedInARow: index,
    seats: { limit: 1.25 },
    inFlight: 0,
    health: { calls: 10, successes: 9, errors: {}, consecutiveErrors: 0, callsToday: 4, day: 20_454 },
    ...more,
  };
}

const full = aRecord({ kind: 'ready' }, 8, {
  seats: { limit: 2, ceiling: { seats: 2, tryAtMs: 70_000, holdMs: 60_000 } },
  account: keyId('a0'),
  inFlight: 2,
  health: {
    calls: 10,
    successes: 7,
    errors: { 'rate-limited': 2, unrecognized: 1 },
    consecutiveErrors: 1,
    callsToday: 4,
    day: 20_454,
    successRate: 0.7,
    meanLatencyMs: 51.25,
    p95LatencyMs: 80,
    lastUsedMs: 900,
    lastError: { reason: 'rate-limited', atMs: 899 },
  },
});

test('createKeyStore() gives everything that it was told of a key back after a restart', async () => {
  using place = scratch();
  const records = [...states.map((state, index) => aRecord(state, index)), full];
  {
    using database = openDatabase({ path: place.file });
    await createKeyStore(database).save(records);
  }
  using database = openDatabase({ path: place.file });
  expect(await createKeyStore(database).load()).toEqual(records);
});

test('createKeyStore().save() replaces the keys it is given and keeps the others', async () => {
  using database = openDatabase({ path: ':memory:' });
  const store = createKeyStore(database);
  const [first, second] = [aRecord({ kind: 'disabled' }, 0), aRecord({ kind: 'ready' }, 1)];
  await store.save([first, second]);
  const later = { ...second, savedAtMs: 2_000.7, limitedInARow: 5 };
  await store.save([later]);
  expect(await store.load()).toEqual([first, later]);
});

test.each([
  'not json',
  '[]',
  '{"kind":"dancing"}',
  JSON.stringify(aRecord({ kind: 'dancing' } as unknown as KeyState)),
  JSON.stringify({ ...aRecord({ kind: 'ready' }), provider: 'No body' }),
])(
  'createKeyStore().load() passes over a record that it cannot read and says so without showing it: %s',
  async (text) => {
    using database = openDatabase({ path: ':memory:' });
    const complaints: StorageError[] = [];
    const store = createKeyStore(database, (error) => complaints.push(error));
    await store.save([aRecord({ kind: 'ready' }, 0), aRecord({ kind: 'disabled' }, 1)]);
    database.runNow(`UPDATE key_records SET record = ? WHERE id = 'a0'`, text);
    expect((await store.load()).map(({ id }) => id)).toEqual(['a1']);
    expect(complaints).toMatchObject([
      {
        code: 'unreadable-row',
        message: expect.stringMatching(/^Cannot read a row of "key_records": unexpected record/) as string,
      },
    ]);
  },
);

test('createKeyStore().load() keeps the state of a key whose counters make no sense', async () => {
  using database = openDatabase({ path: ':memory:' });
  const store = createKeyStore(database);
  const record = aRecord({ kind: 'disabled' });
  const health = { ...record.health, errors: { 'bad-weather': 3 } } as KeyRecord['health'];
  await store.save([{ ...record, health }]);
  expect(await store.load()).toEqual([
    { ...record, health: { calls: 0, successes: 0, errors: {}, consecutiveErrors: 0, callsToday: 0, day: 0 } },
  ]);
});

test('openDatabase() carries the keys of before over, as well as they are known', async () => {
  using place = scratch();
  const old = (state: object, id: string) => [id, JSON.stringify(state), 3, 2, 10, 9] as const;
  {
    using older = openDatabase({ path: place.file, steps: migrations.slice(0, 2) });
    for (const row of [
      old({ kind: 'ready' }, 'a1'),
      old({ kind: 'cooling', untilMs: 9_000, reason: 'rate-limited' }, 'a2'),
      old({ kind: 'cooling', untilMs: 9_000, reason: 'timed-out' }, 'a3'),
      old({ kind: 'benched', reason: 'rejected', probeAtMs: 60_000, times: 1 }, 'a4'),
      old({ kind: 'benched', reason: 'rejected', probeAtMs: 60_000, times: 2 }, 'a5'),
      old({ kind: 'probing', reason: 'out-of-credit', times: 1 }, 'a6'),
      old({ kind: 'disabled' }, 'a7'),
    ]) {
      older.runNow('INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?)', ...row);
    }
    older.runNow('INSERT INTO keys VALUES (?, ?, 0, 1, 0, 0)', 'a8', 'not json');
  }
  using database = openDatabase({ path: place.file });
  const loaded = await createKeyStore(database).load();
  const [first] = loaded;
  const savedAtMs = first?.savedAtMs ?? 0;
  expect(Math.abs(savedAtMs - Date.now())).toBeLessThan(60_000);
  expect(first).toEqual({
    id: 'a1',
    provider: 'bytez',
    name: 'bytez a1',
    savedAtMs,
    state: { kind: 'ready' },
    limitedInARow: 3,
    seats: { limit: 2 },
    inFlight: 0,
    health: { calls: 10, successes: 9, errors: {}, consecutiveErrors: 0, callsToday: 0, day: 0 },
  });
  expect(loaded.map(({ state }) => state)).toEqual([
    { kind: 'ready' },
    { kind: 'cooling', sinceMs: savedAtMs, untilMs: 9_000, reason: 'rate-limited', stated: true },
    { kind: 'cooling', sinceMs: savedAtMs, untilMs: 9_000, reason: 'timed-out', stated: false },
    { kind: 'benched', reason: 'rejected', probeAtMs: 60_000, times: 1, confirmed: false },
    { kind: 'benched', reason: 'rejected', probeAtMs: 60_000, times: 2, confirmed: true },
    { kind: 'probing', reason: 'out-of-credit', times: 1, confirmed: true },
    { kind: 'disabled' },
  ]);
});

test('createKeyStore().salt() is made once for an installation and differs between two', async () => {
  using place = scratch();
  const salts: string[] = [];
  for (let start = 0; start < 2; start += 1) {
    using database = openDatabase({ path: place.file });
    salts.push(await createKeyStore(database).salt(), await createKeyStore(database).salt());
  }
  expect(new Set(salts).size).toBe(1);
  expect(salts[0]).toMatch(/^[0-9a-f]{64}$/);
  using other = openDatabase({ path: ':memory:' });
  expect(await createKeyStore(other).salt()).not.toBe(salts[0]);
});
