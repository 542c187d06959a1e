import { z } from 'zod';
import type { ExportRequest, ExportRequests, KnownPerson, People, Referral } from '../../../domain/people/people.ts';
import type { Database, Steps } from '../../database.ts';
import { numberOf, parseRow } from '../../rows.ts';

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
export function createPeople(database: Database): People {
  function* find(where: string, value: string | number): Steps<KnownPerson | undefined> {
    const row = yield* database.get(`SELECT * FROM people WHERE ${where} ORDER BY last_seen_ms DESC LIMIT 1`, value);
    return row === undefined ? undefined : parseRow('people', personRow, row);
  }
  return {
    find: (id) => database.read(() => find('id = ?', id)),
    findByUsername: (username) => database.read(() => find('username = ?', username.toLowerCase())),
    setNews: async (id, wantsNews) =>
      database.commit(function* () {
        yield* database.run('UPDATE people SET wants_news = ? WHERE id = ?', wantsNews ? 1 : 0, id);
      }),
    counts: (sinceMs) =>
      database.read(function* () {
        const sql = 'SELECT count(*) AS active, sum(first_seen_ms >= ?1) AS fresh FROM people WHERE last_seen_ms >= ?1';
        const row = yield* database.get(sql, Math.floor(sinceMs));
        return { active: numberOf(row, 'active'), fresh: Number(row?.['fresh'] ?? 0) };
      }),
    credit: async (referral) => database.commit(() => credit(database, referral)),
  };
}

/** A pack of results without a charge of Telegram: its charge id names the person who came, so there is one for each. */
function* credit(database: Database, { userId, updateId, byId, results, nowMs }: Referral): Steps<boolean> {
  if (userId === byId || results <= 0) return false;
  const came = 'SELECT 1 FROM people WHERE id = ? AND first_update_id = ?';
  if ((yield* database.get(came, userId, updateId)) === undefined) return false;
  if ((yield* database.get('SELECT 1 FROM people WHERE id = ?', byId)) === undefined) return false;
  const at = Math.floor(nowMs);
  const kept = 'INSERT INTO referrals (user_id, by_id, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
  if ((yield* database.run(kept, userId, byId, at)) === 0) return false;
  yield* database.run(
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
export function createExports(database: Database): ExportRequests {
  return {
    ask: async ({ userId, chatId, locale }, nowMs, minIntervalMs) =>
      database.commit(function* () {
        const asked = yield* database.run(
          `INSERT INTO exports (user_id, chat_id, locale, asked_at_ms) VALUES (?1, ?2, ?3, ?4)
           ON CONFLICT DO UPDATE SET chat_id = ?2, locale = ?3, asked_at_ms = ?4, is_sent = 0
           WHERE abs(?4 - exports.asked_at_ms) >= ?5`,
          userId,
          chatId,
          locale,
          Math.floor(nowMs),
          minIntervalMs,
        );
        return asked === 1 ? 'asked' : 'too-soon';
      }),
    unsent: () =>
      database.read(function* () {
        const rows = yield* database.all('SELECT user_id, chat_id, locale FROM exports WHERE is_sent = 0');
        return rows.map((row) => parseRow('exports', exportRow, row));
      }),
    noteSent: async (userId) =>
      database.commit(function* () {
        yield* database.run('UPDATE exports SET is_sent = 1 WHERE user_id = ?', userId);
      }),
  };
}
