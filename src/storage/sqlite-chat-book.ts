import { z } from 'zod';
import type { ChatBook, ChatEntry } from '../domain/chat-book.ts';
import type { Database } from './connection.ts';
import { parseRow } from './parse-row.ts';

const chatRow = z
  .object({ closed_at_ms: z.number().nullable(), moved_to: z.number().nullable() })
  .transform((row): ChatEntry => ({
    isClosed: row.closed_at_ms !== null,
    ...(row.moved_to === null ? {} : { movedTo: row.moved_to }),
  }));

/** What is known of chats, in the database. */
export function createSqliteChatBook(database: Database): ChatBook {
  const find = (chatId: number): ChatEntry => {
    const row = database.get('SELECT closed_at_ms, moved_to FROM chats WHERE id = ?', chatId);
    return row === undefined ? { isClosed: false } : parseRow('chats', chatRow, row);
  };
  return {
    find: async (chatId) => find(chatId),
    close: async (chatId, nowMs) =>
      database.commit(
        () =>
          void database.run(
            `INSERT INTO chats (id, closed_at_ms) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET closed_at_ms = coalesce(closed_at_ms, excluded.closed_at_ms)`,
            chatId,
            Math.floor(nowMs),
          ),
      ),
    open: async (chatId) => {
      // Asked for with every update, and seldom true: most of the time nothing has to be written.
      if (!find(chatId).isClosed) return;
      await database.commit(() => void database.run('UPDATE chats SET closed_at_ms = NULL WHERE id = ?', chatId));
    },
    move: async (chatId, movedTo) =>
      database.commit(
        () =>
          void database.run(
            `INSERT INTO chats (id, moved_to) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET moved_to = excluded.moved_to`,
            chatId,
            movedTo,
          ),
      ),
  };
}
