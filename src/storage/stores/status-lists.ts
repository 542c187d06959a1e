import { z } from 'zod';
import type { StatusList, StatusListStore } from '../../domain/chats/chat-store.ts';
import { jobId } from '../../domain/ids.ts';
import { lanes } from '../../domain/kinds.ts';
import type { Database } from '../database.ts';
import { fromJson, parseRow } from '../rows.ts';

const row = z
  .object({
    chat_id: z.number(),
    message_id: z.number(),
    user_id: z.number(),
    locale: z.string(),
    lane: z.enum(lanes),
    with_calls: z.number(),
    jobs: z
      .string()
      .transform(fromJson)
      .pipe(z.array(z.string().transform(jobId))),
    is_old: z.number(),
  })
  .transform((list): StatusList => ({
    chatId: list.chat_id,
    messageId: list.message_id,
    userId: list.user_id,
    locale: list.locale,
    lane: list.lane,
    withCalls: list.with_calls === 1,
    jobs: list.jobs,
    isOld: list.is_old === 1,
  }));

/** A request that is deleted has ended, too. */
const hasEnded = `EXISTS (
  SELECT 1 FROM json_each(status_lists.jobs) AS listed LEFT JOIN jobs ON jobs.id = listed.value
  WHERE jobs.id IS NULL OR jobs.state IN ('ended', 'told')
)`;

/** The lists of requests in the database. */
export function createStatusLists(database: Database): StatusListStore {
  return {
    keep: async ({ chatId, messageId, userId, locale, lane, withCalls, jobs }) =>
      database.commit(function* () {
        const older = 'UPDATE status_lists SET is_old = 1 WHERE chat_id = ? AND user_id = ? AND message_id < ?';
        yield* database.run(older, chatId, userId, messageId);
        if (jobs.length === 0) {
          yield* database.run('DELETE FROM status_lists WHERE chat_id = ? AND message_id = ?', chatId, messageId);
          return;
        }
        yield* database.run(
          // A later one may have been kept before.
          `INSERT INTO status_lists (chat_id, message_id, user_id, locale, lane, with_calls, jobs, is_old)
           VALUES (?, ?, ?, ?, ?, ?, ?, iif(EXISTS (SELECT 1 FROM status_lists AS later
             WHERE later.chat_id = ? AND later.user_id = ? AND later.message_id > ?), 1, 0))
           ON CONFLICT DO UPDATE SET locale = excluded.locale, lane = excluded.lane, with_calls = excluded.with_calls,
             jobs = excluded.jobs`,
          chatId,
          messageId,
          userId,
          locale,
          lane,
          Number(withCalls),
          JSON.stringify(jobs),
          chatId,
          userId,
          messageId,
        );
      }),
    find: (chatId, messageId) =>
      database.read(function* () {
        const found = yield* database.get(
          'SELECT * FROM status_lists WHERE chat_id = ? AND message_id = ?',
          chatId,
          messageId,
        );
        return found === undefined ? undefined : parseRow('status_lists', row, found);
      }),
    stale: (userId) =>
      database.read(function* () {
        const [ofWhom, ...who] = userId === undefined ? ['TRUE'] : (['user_id = ?', userId] as const);
        const sql = `SELECT * FROM status_lists WHERE ${ofWhom} AND (is_old = 1 OR ${hasEnded})`;
        const rows = yield* database.all(sql, ...who);
        return rows.map((found) => parseRow('status_lists', row, found));
      }),
    delete: async (chatId, messageId) =>
      database.commit(function* () {
        yield* database.run('DELETE FROM status_lists WHERE chat_id = ? AND message_id = ?', chatId, messageId);
      }),
  };
}
