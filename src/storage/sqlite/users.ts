import { z } from 'zod';
import type { User, Users } from '../../domain/users.ts';
import { type Database, numberOf, parseRow, rememberedMs } from './connection.ts';
import { creditsTaken } from './jobs/accept.ts';

const dayMs = 86_400_000;

const userRow = z
  .object({
    id: z.number(),
    locale: z.string().nullable(),
    heard_locale: z.string().nullable(),
    premium_until_ms: z.number().nullable(),
  })
  .transform((row): User => ({
    id: row.id,
    ...(row.locale === null ? {} : { locale: row.locale }),
    ...(row.heard_locale === null ? {} : { heardLocale: row.heard_locale }),
    ...(row.premium_until_ms === null ? {} : { premiumUntilMs: row.premium_until_ms }),
  }));

/** What is known of people, in the database. */
export function createSqliteUsers(database: Database): Users {
  const find = (id: number): User => {
    const row = database.get('SELECT id, locale, heard_locale, premium_until_ms FROM users WHERE id = ?', id);
    return row === undefined ? { id } : parseRow('users', userRow, row);
  };
  return {
    find: async (id) => find(id),
    setLocale: async (id, locale) =>
      database.commit(
        () =>
          void database.run(
            'INSERT INTO users (id, locale) VALUES (?, ?) ON CONFLICT DO UPDATE SET locale = excluded.locale',
            id,
            locale,
          ),
      ),
    hear: async (id, locale) =>
      database.commit(
        () =>
          void database.run(
            'INSERT INTO users (id, heard_locale) VALUES (?, ?) ON CONFLICT DO UPDATE SET heard_locale = excluded.heard_locale',
            id,
            locale,
          ),
      ),
    addPremium: async (id, days, nowMs, grant) =>
      database.commit(() => {
        const given = grant === undefined ? undefined : grantedUntil(database, grant, nowMs);
        if (given !== undefined) return given;
        const fromMs = Math.max(nowMs, find(id).premiumUntilMs ?? 0);
        const untilMs = Math.floor(fromMs + days * dayMs);
        database.run(
          `INSERT INTO users (id, premium_until_ms) VALUES (?, ?)
           ON CONFLICT DO UPDATE SET premium_until_ms = excluded.premium_until_ms`,
          id,
          untilMs,
        );
        if (grant !== undefined) keepGrant(database, grant, untilMs, nowMs);
        return untilMs;
      }),
    usedToday: async (id, kind, nowMs) => creditsTaken(database, id, kind, nowMs),
  };
}

/** Until when the grant gave premium, if it has done so; one that comes again after a week is another one. */
function grantedUntil(database: Database, grant: string, nowMs: number): number | undefined {
  database.run(
    `DELETE FROM effects WHERE effect = 'premium' AND CAST(substr(note, instr(note, ' ')) AS INTEGER) <= ?`,
    Math.floor(nowMs) - rememberedMs,
  );
  const row = database.get(
    `SELECT CAST(note AS INTEGER) AS until_ms FROM effects WHERE job_id = ? AND effect = 'premium'`,
    grant,
  );
  return row === undefined ? undefined : numberOf(row, 'until_ms');
}

/** The note: until when, and when it was given. */
function keepGrant(database: Database, grant: string, untilMs: number, nowMs: number): void {
  const sql = `INSERT INTO effects (job_id, effect, note) VALUES (?, 'premium', ?)`;
  database.run(sql, grant, `${untilMs} ${Math.floor(nowMs)}`);
}
