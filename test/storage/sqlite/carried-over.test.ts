import { expect, test } from 'vitest';
import type { JobId } from '../../../src/domain/ids.ts';
import { openDatabase } from '../../../src/storage/sqlite/database.ts';
import { migrations, schemaVersion } from '../../../src/storage/sqlite/migrate.ts';
import { createAdminCommands } from '../../../src/storage/stores/admin-state.ts';
import { createResultCopies } from '../../../src/storage/stores/jobs/result-copies.ts';
import { createKeyStore } from '../../../src/storage/stores/key-store.ts';
import { scratch } from './scratch.ts';

const place = 'https://minio.example.com pictures';

test('what was asked for before commands had answers is carried over', async () => {
  using place = scratch();
  {
    using before = openDatabase({ path: place.file, steps: migrations.filter(({ version }) => version < 10) });
    for (const [command, id] of [
      ['disable', 'a1'],
      ['test', null],
      ['wake', null],
      ['enable', 'a2'],
    ] as const) {
      before.runNow('INSERT INTO key_wishes (wish, key_id, asked_at_ms) VALUES (?, ?, 1000)', command, id);
    }
  }
  using database = openDatabase({ path: place.file });
  expect((await createAdminCommands(database).pending()).map(({ command }) => command)).toEqual([
    { kind: 'disable-keys', keys: ['a1'] },
    { kind: 'wake-keys', keys: 'all' },
    { kind: 'enable-keys', keys: ['a2'] },
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

test('an older database full of jobs gets the table, and its jobs stay without copies', async () => {
  using folder = scratch();
  {
    using older = openDatabase({ path: folder.file, steps: migrations.filter(({ version }) => version < 19) });
    expect(schemaVersion(older)).toBe(18);
    older.runNow(
      `INSERT INTO jobs (id, update_id, kind, prompt, lane, locale, chat_id, chat_type, user_id, message_id, line, state,
         round, ready_at_ms, accepted_at_ms)
       VALUES ('tg-1', 1, 'image', 'a fox', 'free', 'en', 1, 'private', 1, 1, 'bytez', 'waiting', 1, 0, 0)`,
    );
  }
  using database = openDatabase({ path: folder.file });
  expect(schemaVersion(database)).toBeGreaterThanOrEqual(19);
  const copies = createResultCopies(database);
  expect(await copies.toUpload(place, 9)).toEqual([]);
  const [row] = database.allNow('SELECT id FROM jobs');
  await copies.add(place, [{ key: 'a', jobId: String(row?.['id']) as JobId, part: 0, mime: 'image/png' }]);
  database.runNow('DELETE FROM jobs');
  expect(await copies.toDelete(place, 9)).toEqual(['a']);
});
