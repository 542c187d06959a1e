import { z } from 'zod';
import type { Inbox } from '../../domain/inbox.ts';
import type { Database, Steps } from '../database.ts';
import { numberOf, parseRow, rememberedMs } from '../rows.ts';

const maxTries = 3;
const purgeEveryMs = 60_000;
const plain = { isPlain: true } as const;

const updateRow = z
  .object({ update_id: z.number(), body: z.string() })
  .transform((row) => ({ updateId: row.update_id, body: row.body }));

/** The inbox in the database: a batch is stored completely or not. */
export function createInbox(database: Database): Inbox {
  let purgedMs: number | undefined;
  function* purge(nowMs: number): Steps<void> {
    yield* database.run(`DELETE FROM inbox WHERE state <> 'new' AND kept_at_ms <= ?`, Math.floor(nowMs) - rememberedMs);
  }
  return {
    keep: async (batch, nowMs, onKept) => {
      // An id that may come again is forgotten before it does, to the minute; also after the clock was set back.
      const isPurged = purgedMs !== undefined && Math.abs(nowMs - purgedMs) < purgeEveryMs;
      if (!isPurged) purgedMs = nowMs;
      function* store() {
        if (!isPurged) yield* purge(nowMs);
        if (batch.length === 0) return [];
        // In one statement: of several processes each one is a trip to the server.
        const rows = yield* database.all(
          `INSERT INTO inbox (update_id, body, kept_at_ms) VALUES ${batch.map(() => '(?, ?, ?)').join(', ')}
           ON CONFLICT DO NOTHING RETURNING update_id`,
          ...batch.flatMap(({ updateId, body }) => [updateId, body, Math.floor(nowMs)]),
        );
        const added = new Set(rows.map((row) => numberOf(row, 'update_id')));
        return batch.filter(({ updateId }) => added.delete(updateId));
      }
      if (onKept === undefined) return database.commit(store, plain);
      return database.commit(store, {
        ...plain,
        followedBy: (fresh) => (fresh.length > 0 ? onKept(fresh) : undefined),
      });
    },
    unhandled: () =>
      database.read(function* () {
        const rows = yield* database.all(`SELECT update_id, body FROM inbox WHERE state = 'new' ORDER BY seq`);
        return rows.map((row) => parseRow('inbox', updateRow, row));
      }),
    hasAny: () =>
      database.read(function* () {
        return (yield* database.get('SELECT 1 FROM inbox LIMIT 1')) !== undefined;
      }),
    bodyOf: (updateId) =>
      database.read(function* () {
        const row = yield* database.get(
          `SELECT update_id, body FROM inbox WHERE update_id = ? AND state = 'new'`,
          updateId,
        );
        return row === undefined ? undefined : parseRow('inbox', updateRow, row).body;
      }),
    takeUp: async () =>
      database.commit(function* () {
        const setAside = yield* database.all(
          `UPDATE inbox SET state = 'set-aside' WHERE state = 'new' AND deaths >= ${maxTries} RETURNING update_id`,
        );
        function* left(where: string) {
          const rows = yield* database.all(
            `SELECT update_id, body FROM inbox WHERE state = 'new' AND ${where} ORDER BY deaths, seq`,
          );
          return rows.map((row) => parseRow('inbox', updateRow, row));
        }
        const [suspects, plain] = [yield* left('deaths > 0'), yield* left('deaths = 0')];
        yield* database.run(`UPDATE inbox SET deaths = 1 WHERE state = 'new' AND deaths = 0`);
        return { plain, suspects, setAside: setAside.map((row) => numberOf(row, 'update_id')) };
      }),
    inHand: async (updateId) =>
      database.commit(function* () {
        yield* database.run('UPDATE inbox SET deaths = deaths + 1 WHERE update_id = ?', updateId);
      }),
    survived: async (updateId) =>
      database.commit(function* () {
        if (updateId === undefined) yield* database.run(`UPDATE inbox SET deaths = 0 WHERE state = 'new'`);
        else yield* database.run(`UPDATE inbox SET deaths = 0 WHERE update_id = ? AND deaths > 0`, updateId);
      }),
    // A handled update needs only its id, which detects repeats.
    handled: async (updateId) =>
      database.apply(
        function* () {
          yield* database.run(`UPDATE inbox SET state = 'handled', body = '' WHERE update_id = ?`, updateId);
        },
        { isOneChange: true },
      ),
    failed: async (updateId) => {
      const row = await database.commit(() =>
        database.get(
          `UPDATE inbox SET tries = tries + 1, state = CASE WHEN tries + 1 >= ${maxTries} THEN 'set-aside' ELSE 'new' END
           WHERE update_id = ? AND state = 'new' RETURNING tries`,
          updateId,
        ),
      );
      return row !== undefined && numberOf(row, 'tries') < maxTries ? 'again' : 'set-aside';
    },
    // An unhandled update stays at any age: it still needs an answer.
    purge: async (nowMs) => database.commit(() => purge(nowMs)),
  };
}
