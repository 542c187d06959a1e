import { z } from 'zod';
import {
  type Broadcast,
  type BroadcastProgress,
  type Broadcasts,
  recipientEndings,
} from '../../../domain/people/broadcasts.ts';
import type { Database } from '../../database.ts';
import { numberOf, parseRow } from '../../rows.ts';

const broadcastRow = z
  .object({
    id: z.number(),
    admin_id: z.number(),
    locale: z.string(),
    words: z.string(),
    state: z.enum(['draft', 'sending', 'stopped', 'done']),
    message_id: z.number().nullable(),
  })
  .transform((row): Broadcast => ({
    id: row.id,
    adminId: row.admin_id,
    locale: row.locale,
    words: row.words,
    state: row.state,
    ...(row.message_id === null ? {} : { messageId: row.message_id }),
  }));

/** Those with an open chat who did not decline. */
const audience = `FROM people WHERE has_chat = 1 AND wants_news = 1
  AND NOT EXISTS (SELECT 1 FROM chats WHERE chats.id = people.id AND closed_at_ms IS NOT NULL)`;

const isOn = `EXISTS (SELECT 1 FROM broadcasts WHERE broadcasts.id = broadcast_id AND state = 'sending')`;

/** Messages to everybody in the database: whose turn it is is durable before the message goes out. */
export function createBroadcasts(database: Database): Broadcasts {
  function* settle(id: number, userId: number, state: string) {
    const sql = `UPDATE broadcast_people SET state = ? WHERE broadcast_id = ? AND user_id = ? AND state = 'sending'`;
    yield* database.run(sql, state, id, userId);
  }
  return {
    draft: async ({ adminId, locale, words }, nowMs) =>
      database.commit(function* () {
        const sql = `INSERT INTO broadcasts (admin_id, locale, words, state, made_at_ms) VALUES (?, ?, ?, 'draft', ?) RETURNING id`;
        return numberOf(yield* database.get(sql, adminId, locale, words, Math.floor(nowMs)), 'id');
      }),
    find: (id) =>
      database.read(function* () {
        const row = yield* database.get('SELECT * FROM broadcasts WHERE id = ?', id);
        return row === undefined ? undefined : parseRow('broadcasts', broadcastRow, row);
      }),
    audience: () =>
      database.read(function* () {
        return numberOf(yield* database.get(`SELECT count(*) AS n ${audience}`), 'n');
      }),
    start: async (id, messageId) =>
      database.commit(function* () {
        const sql = `UPDATE broadcasts SET state = 'sending', message_id = ? WHERE id = ? AND state = 'draft'`;
        if ((yield* database.run(sql, messageId ?? null, id)) === 0) return false;
        yield* database.run(
          `INSERT INTO broadcast_people (broadcast_id, user_id, state) SELECT ?, id, 'waiting' ${audience}`,
          id,
        );
        return true;
      }),
    end: async (id, how) =>
      database.commit(function* () {
        return (
          (yield* database.run(`UPDATE broadcasts SET state = ? WHERE id = ? AND state = 'sending'`, how, id)) === 1
        );
      }),
    resume: async () =>
      database.commit(function* () {
        yield* database.run(`UPDATE broadcast_people SET state = 'unsure' WHERE state = 'sending'`);
        const rows = yield* database.all(`SELECT * FROM broadcasts WHERE state = 'sending' ORDER BY id`);
        return rows.map((row) => parseRow('broadcasts', broadcastRow, row));
      }),
    waiting: (id, atMost) =>
      database.read(function* () {
        const rows = yield* database.all(
          `SELECT user_id, due_at_ms FROM broadcast_people WHERE broadcast_id = ? AND state = 'waiting' AND ${isOn}
           ORDER BY due_at_ms LIMIT ?`,
          id,
          atMost,
        );
        return rows.map((row) => ({ userId: numberOf(row, 'user_id'), dueAtMs: numberOf(row, 'due_at_ms') }));
      }),
    take: async (id, userId) =>
      database.commit(function* () {
        const sql = `UPDATE broadcast_people SET state = 'sending', tries = tries + 1
          WHERE broadcast_id = ? AND user_id = ? AND state = 'waiting' AND ${isOn}`;
        return (yield* database.run(sql, id, userId)) === 1;
      }),
    settle: async (id, userId, ending) => database.commit(() => settle(id, userId, ending)),
    again: async (id, userId, dueAtMs, maxTries) =>
      database.commit(function* () {
        yield* database.run(
          `UPDATE broadcast_people SET state = iif(tries >= ?, 'failed', 'waiting'), due_at_ms = ?
           WHERE broadcast_id = ? AND user_id = ? AND state = 'sending'`,
          maxTries,
          Math.floor(dueAtMs),
          id,
          userId,
        );
      }),
    progress: (id) =>
      database.read(function* () {
        const rows = yield* database.all(
          'SELECT state, count(*) AS n FROM broadcast_people WHERE broadcast_id = ? GROUP BY state',
          id,
        );
        const of = new Map(rows.map((row) => [String(row['state']), numberOf(row, 'n')]));
        const total = [...of.values()].reduce((sum, count) => sum + count, 0);
        const endings = recipientEndings.map((ending) => [ending, of.get(ending) ?? 0] as const);
        const ended = endings.reduce((sum, [, count]) => sum + count, 0);
        return { ...Object.fromEntries(endings), total, waiting: total - ended } as BroadcastProgress;
      }),
  };
}
