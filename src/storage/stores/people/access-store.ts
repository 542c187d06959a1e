import { z } from 'zod';
import type { AccessRequest, AccessStore } from '../../../domain/people/access.ts';
import type { Database } from '../../database.ts';
import { parseRow } from '../../rows.ts';

const accessRow = z
  .object({
    id: z.number(),
    asked_by: z.number(),
    name: z.string().nullable(),
    chat_id: z.number(),
    locale: z.string(),
    state: z.enum(['asked', 'allowed', 'refused']),
  })
  .transform((row): AccessRequest => ({
    id: row.id,
    askedBy: row.asked_by,
    ...(row.name === null ? {} : { name: row.name }),
    chatId: row.chat_id,
    locale: row.locale,
    state: row.state,
  }));

/** Who asked to be let in, and what was decided, in the database. */
export function createAccess(database: Database): AccessStore {
  return {
    find: (id) =>
      database.read(function* () {
        const row = yield* database.get('SELECT * FROM access WHERE id = ?', id);
        return row === undefined ? undefined : parseRow('access', accessRow, row);
      }),
    ask: async ({ id, askedBy, name, chatId, locale }, nowMs) =>
      database.commit(function* () {
        const sql = `INSERT INTO access (id, asked_by, name, chat_id, locale, state, asked_at_ms)
          VALUES (?, ?, ?, ?, ?, 'asked', ?) ON CONFLICT DO NOTHING`;
        return (yield* database.run(sql, id, askedBy, name, chatId, locale, Math.floor(nowMs))) === 1;
      }),
    decide: async (id, state, adminId) =>
      database.commit(function* () {
        const sql = `UPDATE access SET state = ?2, decided_by = ?3, is_told = 0 WHERE id = ?1 AND state <> ?2 RETURNING *`;
        const row = yield* database.get(sql, id, state, adminId);
        return row === undefined ? undefined : parseRow('access', accessRow, row);
      }),
    undelivered: () =>
      database.read(function* () {
        const rows = yield* database.all('SELECT * FROM access WHERE is_told = 0 ORDER BY asked_at_ms');
        return rows.map((row) => parseRow('access', accessRow, row));
      }),
    noteTold: async (id, state) =>
      database.commit(function* () {
        yield* database.run('UPDATE access SET is_told = 1 WHERE id = ? AND state = ?', id, state);
      }),
  };
}
