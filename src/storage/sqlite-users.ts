import { z } from 'zod';
import type { User, Users } from '../domain/users.ts';
import type { Database } from './connection.ts';
import { creditsTaken } from './day-credits.ts';
import { parseRow } from './parse-row.ts';

const dayMs = 86_400_000;

const userRow = z
  .object({ id: z.number(), locale: z.string().nullable(), premium_until_ms: z.number().nullable() })
  .transform((row): User => ({
    id: row.id,
    ...(row.locale === null ? {} : { locale: row.locale }),
    ...(row.premium_until_ms === null ? {} : { premiumUntilMs: row.premium_until_ms }),
  }));

/** What is known of people, in the database. */
export function createSqliteUsers(database: Database): Users {
  const find = (id: number): User => {
    const row = database.get('SELECT id, locale, premium_until_ms FROM users WHERE id = ?', id);
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
    addPremium: async (id, days, nowMs) =>
      database.commit(() => {
        const fromMs = Math.max(nowMs, find(id).premiumUntilMs ?? 0);
        const untilMs = Math.floor(fromMs + days * dayMs);
        database.run(
          `INSERT INTO users (id, premium_until_ms) VALUES (?, ?)
           ON CONFLICT DO UPDATE SET premium_until_ms = excluded.premium_until_ms`,
          id,
          untilMs,
        );
        return untilMs;
      }),
    usedToday: async (id, kind, nowMs) => creditsTaken(database, id, kind, nowMs),
  };
}
