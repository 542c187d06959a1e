import { z } from 'zod';
import type { Rest, RetryAfterStore } from '../../domain/chats/chat-store.ts';
import type { Database } from '../database.ts';
import { parseRow } from '../rows.ts';

const chatId = /^-?\d+$/;

const restRow = z
  .object({ place: z.string(), until_ms: z.number() })
  .transform(({ place, until_ms: untilMs }): Rest => ({ place: chatId.test(place) ? Number(place) : place, untilMs }));

/** Telegram's retry-after waits in the database; each write deletes the expired ones. */
export function createRetryAfterStore(database: Database): RetryAfterStore {
  return {
    active: (nowMs) =>
      database.read(function* () {
        const rows = yield* database.all(
          'SELECT place, until_ms FROM rests WHERE until_ms > ? ORDER BY place',
          Math.floor(nowMs),
        );
        return rows.map((row) => parseRow('rests', restRow, row));
      }),
    keep: async ({ place, untilMs }, nowMs) =>
      database.commit(function* () {
        yield* database.run('DELETE FROM rests WHERE until_ms <= ?', Math.floor(nowMs));
        yield* database.run(
          `INSERT INTO rests (place, until_ms) VALUES (?, ?)
           ON CONFLICT DO UPDATE SET until_ms = max(rests.until_ms, excluded.until_ms)`,
          String(place),
          Math.ceil(untilMs),
        );
      }),
  };
}
