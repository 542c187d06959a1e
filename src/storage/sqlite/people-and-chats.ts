import type { Effect, EffectActor, EffectLedger, EffectStart } from '../../domain/effect-ledger.ts';
import { type Database, fromJson, parseRow, numberOf, rememberedMs, type SqlValue } from './connection.ts';
import { z } from 'zod';
import type { ChatStore, ChatEntry, DialogueStore, KeptDialogue } from '../../domain/chats/chat-store.ts';
import { jobKinds } from '../../domain/kinds.ts';
import { graceMs } from '../../domain/payments/payment.ts';
import { toPreferences } from '../../domain/personal/preferences.ts';
import type { User, Users } from '../../domain/users.ts';
import { creditsTaken } from './jobs/settle.ts';
import { moveGroup } from './safety/group-store.ts';

const oneChange = { isOneChange: true } as const;

/** The effect ledger in the database: the intent is durable before the effect begins. */
export function createSqliteEffectLedger(database: Database): EffectLedger {
  return {
    begin: async (by, effect, repeat) =>
      database.commit(() => {
        const isBegun =
          by.fence === undefined ? insertFree(database, by, effect, repeat) : insertHeld(database, by, effect, repeat);
        return isBegun ? { kind: 'go' } : whyNot(database, by, effect);
      }, oneChange),
    end: async ({ jobId, fence = null }, effect, note) =>
      database.apply(() => {
        const sql = 'UPDATE effects SET note = ? WHERE job_id = ? AND effect = ? AND fence IS ?';
        return database.run(sql, note, jobId, effect, fence) === 1;
      }, oneChange),
    undo: async ({ jobId, fence = null }, effect) =>
      database.commit(() => {
        const sql = 'DELETE FROM effects WHERE job_id = ? AND effect = ? AND fence IS ? AND note IS NULL';
        return database.run(sql, jobId, effect, fence) === 1;
      }, oneChange),
  };
}

/** The messages that show the outcome of a job, as its effects noted them. */
export function shownIn(database: Database, id: string): readonly number[] {
  const sql = `SELECT note FROM effects WHERE job_id = ? AND note IS NOT NULL AND (effect LIKE 'part-%'
    OR effect IN ('result', 'message', 'message-again', 'album', 'album-again'))`;
  const notes = database.all(sql, id).map((row) => String(row['note']));
  return [...new Set(notes.flatMap((note) => note.match(/\b[0-9]{1,15}\b/g) ?? []).map(Number))];
}

type Repeat = Parameters<EffectLedger['begin']>[2];

/** A repeated effect belongs to the lease that began it last. */
const onConflict = `ON CONFLICT DO UPDATE SET fence = excluded.fence WHERE note IS NULL AND ? = 'idempotent'`;

function insertHeld(database: Database, { jobId, fence }: EffectActor, effect: Effect, repeat: Repeat): boolean {
  const sql = `INSERT INTO effects (job_id, effect, fence)
    SELECT id, ?, fence FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting' ${onConflict}`;
  return database.run(sql, effect, jobId, fence ?? null, repeat) === 1;
}

function insertFree(database: Database, { jobId }: EffectActor, effect: Effect, repeat: Repeat): boolean {
  const sql = `INSERT INTO effects (job_id, effect, fence) VALUES (?, ?, NULL) ${onConflict}`;
  return database.run(sql, jobId, effect, repeat) === 1;
}

function whyNot(
  database: Database,
  { jobId, fence }: EffectActor,
  effect: Effect,
): Exclude<EffectStart, { kind: 'go' }> {
  const holds = `SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting'`;
  if (fence !== undefined && database.get(holds, jobId, fence) === undefined) return { kind: 'fenced' };
  const note = database.get('SELECT note FROM effects WHERE job_id = ? AND effect = ?', jobId, effect)?.['note'];
  return typeof note === 'string' ? { kind: 'done', note } : { kind: 'unsure' };
}

const chatRow = z
  .object({ closed_at_ms: z.number().nullable(), moved_to: z.number().nullable() })
  .transform((row): ChatEntry => ({
    isClosed: row.closed_at_ms !== null,
    ...(row.moved_to === null ? {} : { movedTo: row.moved_to }),
  }));

const maxKnownChats = 2_000;

/** The chat store in the database; one at a time writes there. */
export function createSqliteChatStore(database: Database): ChatStore {
  /** As the database has them, the one that was asked for last at the end: a life asks five times. */
  const known = new Map<number, ChatEntry>();
  const read = (chatId: number): ChatEntry => {
    const row = database.get('SELECT closed_at_ms, moved_to FROM chats WHERE id = ?', chatId);
    return row === undefined ? { isClosed: false } : parseRow('chats', chatRow, row);
  };
  const find = (chatId: number): ChatEntry => {
    const entry = known.get(chatId) ?? read(chatId);
    known.delete(chatId);
    known.set(chatId, entry);
    for (const oldest of known.keys()) if (known.size > maxKnownChats) known.delete(oldest);
    return entry;
  };
  const change = async (chatId: number, sql: string, ...values: SqlValue[]): Promise<void> => {
    try {
      await database.commit(() => void database.run(sql, ...values));
    } finally {
      known.delete(chatId);
    }
  };
  return {
    wereMenusDeleted: async () =>
      database.get(`SELECT 1 FROM settings WHERE name = 'other-menus-deleted'`) !== undefined,
    noteMenusDeleted: async () =>
      database.commit(() => {
        database.run(`INSERT INTO settings (name, value) VALUES ('other-menus-deleted', '1') ON CONFLICT DO NOTHING`);
      }),
    find: async (chatId) => find(chatId),
    close: async (chatId, nowMs) => {
      const sql = `INSERT INTO chats (id, closed_at_ms) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET closed_at_ms = coalesce(closed_at_ms, excluded.closed_at_ms)`;
      await change(chatId, sql, chatId, Math.floor(nowMs));
    },
    open: async (chatId) => {
      // Called for every update; the chat is rarely closed, so most calls write nothing.
      if (!find(chatId).isClosed) return;
      await change(chatId, 'UPDATE chats SET closed_at_ms = NULL WHERE id = ?', chatId);
    },
    move: async (chatId, movedTo) => {
      const sql = `INSERT INTO chats (id, moved_to) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET moved_to = excluded.moved_to`;
      await change(chatId, sql, chatId, movedTo);
      await database.commit(() => moveGroup(database, chatId, movedTo));
    },
    limits: async (chatId, nowMs) => {
      const sql = 'SELECT what FROM chat_limits WHERE chat_id = ? AND until_ms > ?';
      return new Set(database.all(sql, chatId, Math.floor(nowMs)).map((row) => String(row['what'])));
    },
    limit: async (chatId, what, untilMs) =>
      database.commit(() => {
        const sql = `INSERT INTO chat_limits (chat_id, what, until_ms) VALUES (?, ?, ?)
          ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms`;
        database.run(sql, chatId, what, Math.ceil(untilMs));
      }),
    startConversation: async (chatId, userId, nowMs) =>
      database.commit(() => {
        const sql = `INSERT INTO conversations (chat_id, user_id, began_at_ms) VALUES (?, ?, ?)
          ON CONFLICT DO UPDATE SET began_at_ms = excluded.began_at_ms`;
        database.run(sql, chatId, userId, Math.floor(nowMs));
      }),
    lift: async (chatId, what) => {
      // Called for every update; most chats have no limit, so most calls write nothing.
      if (database.get('SELECT 1 FROM chat_limits WHERE chat_id = ? LIMIT 1', chatId) === undefined) return;
      const sql = 'DELETE FROM chat_limits WHERE chat_id = ? AND what = coalesce(?, what)';
      await database.commit(() => void database.run(sql, chatId, what ?? null));
    },
  };
}

const dialogueLifeMs = 7 * 86_400_000;

const dialogueRow = z
  .object({ state: z.string(), written_at_ms: z.number() })
  .transform((row): KeptDialogue => ({ state: row.state, writtenAtMs: row.written_at_ms }));

/** Unfinished dialogues in the database; each write deletes the old ones. */
export function createSqliteDialogues(database: Database): DialogueStore {
  const purge = (nowMs: number) =>
    void database.run('DELETE FROM dialogues WHERE written_at_ms <= ?', Math.floor(nowMs) - dialogueLifeMs);
  return {
    read: async (key) => {
      const row = database.get('SELECT state, written_at_ms FROM dialogues WHERE key = ?', key);
      return row === undefined ? undefined : parseRow('dialogues', dialogueRow, row);
    },
    write: async (key, state, nowMs) =>
      database.commit(() => {
        purge(nowMs);
        database.run(
          `INSERT INTO dialogues (key, state, written_at_ms) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET state = excluded.state, written_at_ms = excluded.written_at_ms`,
          key,
          state,
          Math.floor(nowMs),
        );
      }),
    delete: async (key) => database.commit(() => void database.run('DELETE FROM dialogues WHERE key = ?', key)),
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
const findSql = `SELECT ?1 AS id, locale, heard_locale, premium_until_ms, models, preferences,
    (SELECT max(until_ms) + ${graceMs} FROM payments WHERE user_id = ?1 AND state = 'credited') AS paid_until_ms
  FROM (SELECT 1) LEFT JOIN users ON users.id = ?1`;

/** The user store in the database. */
export function createSqliteUsers(database: Database): Users {
  const find = (id: number): User => parseRow('users', userRow, database.get(findSql, id) ?? {});
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
    setModels: async (id, models) =>
      database.commit(() => {
        const sql = `INSERT INTO users (id, models) VALUES (?, ?) ON CONFLICT DO UPDATE SET models = excluded.models`;
        database.run(sql, id, Object.keys(models).length === 0 ? null : JSON.stringify(models));
      }),
    setPreferences: async (id, preferences) =>
      database.commit(() => {
        const sql = `INSERT INTO users (id, preferences) VALUES (?, ?)
          ON CONFLICT DO UPDATE SET preferences = excluded.preferences`;
        database.run(sql, id, Object.keys(preferences).length === 0 ? null : JSON.stringify(preferences));
      }),
    hear: async (id, locale) =>
      database.commit(
        () =>
          void database.run(
            'INSERT INTO users (id, heard_locale) VALUES (?, ?) ON CONFLICT DO UPDATE SET heard_locale = excluded.heard_locale',
            id,
            locale,
          ),
      ),
    heard: async () =>
      database.all('SELECT id FROM users WHERE heard_locale IS NOT NULL').map((row) => numberOf(row, 'id')),
    unhear: async (id) =>
      database.commit(() => void database.run('UPDATE users SET heard_locale = NULL WHERE id = ?', id)),
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

/** Returns the premium end date of a repeated grant; after a week the same id counts as a new grant. */
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

/** Stores the grant; the note holds its end date and the time of the grant. */
function keepGrant(database: Database, grant: string, untilMs: number, nowMs: number): void {
  const sql = `INSERT INTO effects (job_id, effect, note) VALUES (?, 'premium', ?)`;
  database.run(sql, grant, `${untilMs} ${Math.floor(nowMs)}`);
}
