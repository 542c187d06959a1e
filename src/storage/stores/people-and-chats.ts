import type { Database, SqlValue, Steps } from '../database.ts';
import { fromJson, numberOf, parseRow, rememberedMs } from '../rows.ts';
import { z } from 'zod';
import type { ChatStore, ChatEntry, DialogueStore, KeptDialogue } from '../../domain/chats/chat-store.ts';
import { jobKinds } from '../../domain/kinds.ts';
import { graceMs } from '../../domain/payments/payment.ts';
import { toPreferences } from '../../domain/personal/preferences.ts';
import type { User, Users } from '../../domain/users.ts';
import { lockTurns } from './jobs/fair-queue.ts';
import { creditsOfEach, creditsTaken } from './jobs/settle.ts';
import { moveGroup } from './safety/group-store.ts';

const chatRow = z
  .object({ closed_at_ms: z.number().nullable(), moved_to: z.number().nullable() })
  .transform((row): ChatEntry => ({
    isClosed: row.closed_at_ms !== null,
    ...(row.moved_to === null ? {} : { movedTo: row.moved_to }),
  }));

const maxKnownChats = 2_000;

/** The chat store in the database. */
export function createChatStore(database: Database): ChatStore {
  // What other processes may change is not remembered.
  const maxKnown = database.isShared ? 0 : maxKnownChats;
  /** As the database has them, the one that was asked for last at the end: a life asks five times. */
  const known = new Map<number, ChatEntry>();
  function* read(chatId: number): Steps<ChatEntry> {
    const row = yield* database.get('SELECT closed_at_ms, moved_to FROM chats WHERE id = ?', chatId);
    return row === undefined ? { isClosed: false } : parseRow('chats', chatRow, row);
  }
  const find = async (chatId: number): Promise<ChatEntry> => {
    const entry = known.get(chatId) ?? (await database.read(() => read(chatId)));
    known.delete(chatId);
    known.set(chatId, entry);
    for (const oldest of known.keys()) if (known.size > maxKnown) known.delete(oldest);
    return entry;
  };
  const change = async (chatId: number, sql: string, ...values: SqlValue[]): Promise<void> => {
    try {
      await database.commit(function* () {
        yield* database.run(sql, ...values);
      });
    } finally {
      known.delete(chatId);
    }
  };
  return {
    wereMenusDeleted: () =>
      database.read(function* () {
        return (yield* database.get(`SELECT 1 FROM settings WHERE name = 'other-menus-deleted'`)) !== undefined;
      }),
    noteMenusDeleted: async () =>
      database.commit(function* () {
        yield* database.run(
          `INSERT INTO settings (name, value) VALUES ('other-menus-deleted', '1') ON CONFLICT DO NOTHING`,
        );
      }),
    find,
    close: async (chatId, nowMs) => {
      const sql = `INSERT INTO chats (id, closed_at_ms) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET closed_at_ms = coalesce(chats.closed_at_ms, excluded.closed_at_ms)`;
      await change(chatId, sql, chatId, Math.floor(nowMs));
    },
    open: async (chatId) => {
      // Called for every update; the chat is rarely closed, so most calls write nothing.
      if (!(await find(chatId)).isClosed) return;
      await change(chatId, 'UPDATE chats SET closed_at_ms = NULL WHERE id = ?', chatId);
    },
    move: async (chatId, movedTo) => {
      const sql = `INSERT INTO chats (id, moved_to) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET moved_to = excluded.moved_to`;
      await change(chatId, sql, chatId, movedTo);
      await database.commit(() => moveGroup(database, chatId, movedTo));
    },
    limits: (chatId, nowMs) =>
      database.read(function* () {
        const sql = 'SELECT what FROM chat_limits WHERE chat_id = ? AND until_ms > ?';
        const rows = yield* database.all(sql, chatId, Math.floor(nowMs));
        return new Set(rows.map((row) => String(row['what'])));
      }),
    limit: async (chatId, what, untilMs) =>
      database.commit(function* () {
        const sql = `INSERT INTO chat_limits (chat_id, what, until_ms) VALUES (?, ?, ?)
          ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms`;
        yield* database.run(sql, chatId, what, Math.ceil(untilMs));
      }),
    startConversation: async (chatId, userId, nowMs) =>
      database.commit(function* () {
        const sql = `INSERT INTO conversations (chat_id, user_id, began_at_ms) VALUES (?, ?, ?)
          ON CONFLICT DO UPDATE SET began_at_ms = excluded.began_at_ms`;
        yield* database.run(sql, chatId, userId, Math.floor(nowMs));
      }),
    lift: async (chatId, what) => {
      // Called for every update; most chats have no limit, so most calls write nothing.
      const found = await database.read(() =>
        database.get('SELECT 1 FROM chat_limits WHERE chat_id = ? LIMIT 1', chatId),
      );
      if (found === undefined) return;
      const sql = 'DELETE FROM chat_limits WHERE chat_id = ? AND what = coalesce(?, what)';
      await database.commit(function* () {
        yield* database.run(sql, chatId, what ?? null);
      });
    },
  };
}

const dialogueLifeMs = 7 * 86_400_000;

const dialogueRow = z
  .object({ state: z.string(), written_at_ms: z.number() })
  .transform((row): KeptDialogue => ({ state: row.state, writtenAtMs: row.written_at_ms }));

/** Unfinished dialogues in the database; each write deletes the old ones. */
export function createDialogues(database: Database): DialogueStore {
  function* purge(nowMs: number) {
    yield* database.run('DELETE FROM dialogues WHERE written_at_ms <= ?', Math.floor(nowMs) - dialogueLifeMs);
  }
  return {
    read: (key) =>
      database.read(function* () {
        const row = yield* database.get('SELECT state, written_at_ms FROM dialogues WHERE key = ?', key);
        return row === undefined ? undefined : parseRow('dialogues', dialogueRow, row);
      }),
    write: async (key, state, nowMs) =>
      database.commit(function* () {
        yield* purge(nowMs);
        yield* database.run(
          `INSERT INTO dialogues (key, state, written_at_ms) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET state = excluded.state, written_at_ms = excluded.written_at_ms`,
          key,
          state,
          Math.floor(nowMs),
        );
      }),
    delete: async (key) =>
      database.commit(function* () {
        yield* database.run('DELETE FROM dialogues WHERE key = ?', key);
      }),
    purge: async (nowMs) => database.commit(() => purge(nowMs)),
  };
}

const dayMs = 86_400_000;

const userRow = z
  .object({
    id: z.number(),
    locale: z.string().nullable(),
    heard_locale: z.string().nullable(),
    premium_until_ms: z.number().nullable(),
    paid_until_ms: z.number().nullable(),
    models: z
      .string()
      .transform(fromJson)
      .pipe(z.partialRecord(z.enum(jobKinds), z.string()))
      .nullable()
      .catch(null),
    preferences: z.string().transform(fromJson).transform(toPreferences).nullable().catch(null),
  })
  .transform((row): User => {
    const untilMs = Math.max(row.premium_until_ms ?? 0, row.paid_until_ms ?? 0);
    return {
      id: row.id,
      ...(row.locale === null ? {} : { locale: row.locale }),
      ...(row.heard_locale === null ? {} : { heardLocale: row.heard_locale }),
      ...(row.models === null ? {} : { models: row.models }),
      ...(row.preferences === null ? {} : { preferences: row.preferences }),
      ...(untilMs === 0 ? {} : { premiumUntilMs: untilMs }),
    };
  });

/** With the premium that a subscription has paid for: it is not stored a second time, so a refund ends it at once. */
const findSql = `SELECT locale, heard_locale, premium_until_ms, models, preferences,
    (SELECT max(until_ms) + ${graceMs} FROM payments WHERE user_id = ?1 AND state = 'credited') AS paid_until_ms
  FROM (SELECT 1) AS one LEFT JOIN users ON users.id = ?1`;

/** The user store in the database. */
export function createUsers(database: Database): Users {
  function* find(id: number): Steps<User> {
    const row = yield* database.get(findSql, id);
    return parseRow('users', userRow, { ...row, id });
  }
  return {
    find: (id) => database.read(() => find(id)),
    setLocale: async (id, locale) =>
      database.commit(function* () {
        yield* database.run(
          'INSERT INTO users (id, locale) VALUES (?, ?) ON CONFLICT DO UPDATE SET locale = excluded.locale',
          id,
          locale,
        );
      }),
    setModels: async (id, models) =>
      database.commit(function* () {
        const sql = `INSERT INTO users (id, models) VALUES (?, ?) ON CONFLICT DO UPDATE SET models = excluded.models`;
        yield* database.run(sql, id, Object.keys(models).length === 0 ? null : JSON.stringify(models));
      }),
    setPreferences: async (id, preferences) =>
      database.commit(function* () {
        const sql = `INSERT INTO users (id, preferences) VALUES (?, ?)
          ON CONFLICT DO UPDATE SET preferences = excluded.preferences`;
        yield* database.run(sql, id, Object.keys(preferences).length === 0 ? null : JSON.stringify(preferences));
      }),
    hear: async (id, locale) =>
      database.commit(function* () {
        yield* database.run(
          'INSERT INTO users (id, heard_locale) VALUES (?, ?) ON CONFLICT DO UPDATE SET heard_locale = excluded.heard_locale',
          id,
          locale,
        );
      }),
    heard: () =>
      database.read(function* () {
        const rows = yield* database.all('SELECT id FROM users WHERE heard_locale IS NOT NULL');
        return rows.map((row) => numberOf(row, 'id'));
      }),
    unhear: async (id) =>
      database.commit(function* () {
        yield* database.run('UPDATE users SET heard_locale = NULL WHERE id = ?', id);
      }),
    addPremium: async (id, days, nowMs, grant) =>
      database.commit(function* () {
        yield* lockTurns(database, [id]);
        const given = grant === undefined ? undefined : yield* grantedUntil(database, grant, nowMs);
        if (given !== undefined) return given;
        const fromMs = Math.max(nowMs, (yield* find(id)).premiumUntilMs ?? 0);
        const untilMs = Math.floor(fromMs + days * dayMs);
        yield* database.run(
          `INSERT INTO users (id, premium_until_ms) VALUES (?, ?)
           ON CONFLICT DO UPDATE SET premium_until_ms = excluded.premium_until_ms`,
          id,
          untilMs,
        );
        if (grant !== undefined) yield* keepGrant(database, grant, untilMs, nowMs);
        return untilMs;
      }),
    usedToday: (id, kind, nowMs) => database.read(() => creditsTaken(database, id, kind, nowMs)),
    usedOfEachToday: (id, nowMs) => database.read(() => creditsOfEach(database, id, nowMs)),
  };
}

/** Returns the premium end date of a repeated grant; after a week the same id counts as a new grant. */
function* grantedUntil(database: Database, grant: string, nowMs: number): Steps<number | undefined> {
  yield* database.run(
    `DELETE FROM effects WHERE effect = 'premium' AND CAST(substr(note, instr(note, ' ')) AS INTEGER) <= ?`,
    Math.floor(nowMs) - rememberedMs,
  );
  const row = yield* database.get(
    `SELECT CAST(note AS INTEGER) AS until_ms FROM effects WHERE job_id = ? AND effect = 'premium'`,
    grant,
  );
  return row === undefined ? undefined : numberOf(row, 'until_ms');
}

/** Stores the grant; the note holds its end date and the time of the grant. */
function* keepGrant(database: Database, grant: string, untilMs: number, nowMs: number): Steps<void> {
  const sql = `INSERT INTO effects (job_id, effect, note) VALUES (?, 'premium', ?)`;
  yield* database.run(sql, grant, `${untilMs} ${Math.floor(nowMs)}`);
}
