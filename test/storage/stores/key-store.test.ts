import { expect, test } from 'vitest';
import { keyId } from '../../../src/domain/ids.ts';
import type { KeyState, KeyRecord } from '../../../src/domain/key-state.ts';
import { createKeyStore } from '../../../src/storage/stores/key-store.ts';
import type { StorageError } from '../../../src/storage/storage-error.ts';
import { onBothEngines } from '../on-both-engines.ts';

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

onBothEngines(({ open, openKept }) => {
  test('createKeyStore() gives everything that it was told of a key back after a restart', async () => {
    await using store = await openKept();
    const records = [...states.map((state, index) => aRecord(state, index)), full];
    await createKeyStore(store.database).save(records);
    expect(await createKeyStore(await store.reopen()).load()).toEqual(records);
  });

  test('createKeyStore().save() replaces the keys it is given and keeps the others', async () => {
    await using store = await open();
    const { database } = store;
    const keys = createKeyStore(database);
    const [first, second] = [aRecord({ kind: 'disabled' }, 0), aRecord({ kind: 'ready' }, 1)];
    await keys.save([first, second]);
    const later = { ...second, savedAtMs: 2_000.7, limitedInARow: 5 };
    await keys.save([later]);
    expect(await keys.load()).toEqual([first, later]);
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
      await using store = await open();
      const { database } = store;
      const complaints: StorageError[] = [];
      const keys = createKeyStore(database, (error) => complaints.push(error));
      await keys.save([aRecord({ kind: 'ready' }, 0), aRecord({ kind: 'disabled' }, 1)]);
      await store.change(`UPDATE key_records SET record = ? WHERE id = 'a0'`, text);
      expect((await keys.load()).map(({ id }) => id)).toEqual(['a1']);
      expect(complaints).toMatchObject([
        {
          code: 'unreadable-row',
          message: expect.stringMatching(/^Cannot read a row of "key_records": unexpected record/) as string,
        },
      ]);
    },
  );

  test('createKeyStore().load() keeps the state of a key whose counters make no sense', async () => {
    await using store = await open();
    const { database } = store;
    const keys = createKeyStore(database);
    const record = aRecord({ kind: 'disabled' });
    const health = { ...record.health, errors: { 'bad-weather': 3 } } as KeyRecord['health'];
    await keys.save([{ ...record, health }]);
    expect(await keys.load()).toEqual([
      { ...record, health: { calls: 0, successes: 0, errors: {}, consecutiveErrors: 0, callsToday: 0, day: 0 } },
    ]);
  });

  test('createKeyStore().salt() is made once for an installation and differs between two', async () => {
    await using store = await openKept();
    const salts: string[] = [];
    for (const start of [async () => store.database, store.reopen]) {
      const database = await start();
      salts.push(await createKeyStore(database).salt(), await createKeyStore(database).salt());
    }
    expect(new Set(salts).size).toBe(1);
    expect(salts[0]).toMatch(/^[0-9a-f]{64}$/);
    await store.change('DELETE FROM settings');
    expect(await createKeyStore(store.database).salt()).not.toBe(salts[0]);
  });
});
