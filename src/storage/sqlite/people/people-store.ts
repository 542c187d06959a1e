import { z } from 'zod';
import type { ExportRequest, ExportRequests, KnownPerson, People, Referral } from '../../../domain/people/people.ts';
import { type Database, numberOf, parseRow } from '../connection.ts';

const personRow = z
  .object({
    id: z.number(),
    username: z.string().nullable(),
    language: z.string().nullable(),
    wants_news: z.number(),
    first_update_id: z.number().nullable(),
    first_seen_ms: z.number(),
    last_seen_ms: z.number(),
  })
  .transform((row): KnownPerson => ({
    id: row.id,
    ...(row.username === null ? {} : { username: row.username }),
    ...(row.language === null ? {} : { language: row.language }),
    wantsNews: row.wants_news === 1,
    ...(row.first_update_id === null ? {} : { firstUpdateId: row.first_update_id }),
    firstSeenMs: row.first_seen_ms,
    lastSeenMs: row.last_seen_ms,
  }));

/** The people in the database; a trigger of the inbox adds them. */
export function createSqlitePeople(database: Database): People {
  const find = (where: string, value: string | number): KnownPerson | undefined => {
    const row = database.get(`SELECT * FROM people WHERE ${where} ORDER BY last_seen_ms DESC LIMIT 1`, value);
    return row === undefined ? undefined : parseRow('people', personRow, row);
  };
  return {
    find: async (id) => find('id = ?', id),
    findByUsername: async (username) => find('username = ?', username.toLowerCase()),
    setNews: async (id, wantsNews) =>
      database.commit(() => {
        database.run('UPDATE people SET wants_news = ? WHERE id = ?', wantsNews ? 1 : 0, id);
      }),
    counts: async (sinceMs) => {
      const sql = 'SELECT count(*) AS active, sum(first_seen_ms >= ?1) AS fresh FROM people WHERE last_seen_ms >= ?1';
      const row = database.get(sql, Math.floor(sinceMs));
      return { active: numberOf(row, 'active'), fresh: Number(row?.['fresh'] ?? 0) };
    },
    credit: async (referral) => database.commit(() => credit(database, referral)),
  };
}

/** A pack of results without a charge of Telegram: its charge id names the person who came, so there is one for each. */
function credit(database: Database, { userId, updateId, byId, results, nowMs }: Referral): boolean {
  if (userId === byId || results <= 0) return false;
  const came = 'SELECT 1 FROM people WHERE id = ? AND first_update_id = ?';
  if (database.get(came, userId, updateId) === undefined) return false;
  if (database.get('SELECT 1 FROM people WHERE id = ?', byId) === undefined) return false;
  const at = Math.floor(nowMs);
  const kept = 'INSERT INTO referrals (user_id, by_id, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
  if (database.run(kept, userId, byId, at) === 0) return false;
  database.run(
    `INSERT INTO payments (charge_id, user_id, stars, payload, results, results_left, state, is_told, is_listed, paid_at_ms)
     VALUES (?1, ?2, 0, 'referral', ?3, ?3, 'credited', 1, 1, ?4)`,
    `referral:${userId}`,
    byId,
    results,
    at,
  );
  return true;
}

const exportRow = z
  .object({ user_id: z.number(), chat_id: z.number(), locale: z.string() })
  .transform((row): ExportRequest => ({ userId: row.user_id, chatId: row.chat_id, locale: row.locale }));

/** Requests for one's own data in the database: the newest of each person. */
export function createSqliteExports(database: Database): ExportRequests {
  return {
    ask: async ({ userId, chatId, locale }, nowMs, minIntervalMs) =>
      database.commit(() => {
        const asked = database.run(
          `INSERT INTO exports (user_id, chat_id, locale, asked_at_ms) VALUES (?1, ?2, ?3, ?4)
           ON CONFLICT DO UPDATE SET chat_id = ?2, locale = ?3, asked_at_ms = ?4, is_sent = 0
           WHERE abs(?4 - asked_at_ms) >= ?5`,
          userId,
          chatId,
          locale,
          Math.floor(nowMs),
          minIntervalMs,
        );
        return asked === 1 ? 'asked' : 'too-soon';
      }),
    unsent: async () =>
      database
        .all('SELECT user_id, chat_id, locale FROM exports WHERE is_sent = 0')
        .map((row) => parseRow('exports', exportRow, row)),
    noteSent: async (userId) =>
      database.commit(() => void database.run('UPDATE exports SET is_sent = 1 WHERE user_id = ?', userId)),
  };
}
