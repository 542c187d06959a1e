import { z } from 'zod';
import { type StoredWebhook, type WebhookOutbox, webhookStates } from '../../domain/gateway/webhook-outbox.ts';
import type { Database, Row } from '../database.ts';
import { parseRow } from '../rows.ts';

const stored = z
  .object({
    id: z.string(),
    target: z.string(),
    type: z.string(),
    body: z.string(),
    state: z.enum(webhookStates),
    tries: z.number(),
    created_at_ms: z.number(),
    due_at_ms: z.number(),
    give_up_at_ms: z.number(),
    problem: z.string().nullable(),
  })
  .transform(({ created_at_ms, due_at_ms, give_up_at_ms, problem, ...row }): StoredWebhook => ({
    ...row,
    createdAtMs: created_at_ms,
    dueAtMs: due_at_ms,
    giveUpAtMs: give_up_at_ms,
    ...(problem === null ? {} : { problem }),
  }));

/** Another process may have told it while this one failed to. */
const isOpen = `state = 'waiting'`;

const read = (row: Row) => parseRow('webhook_outbox', stored, row);

/** Keeps what is to be told as rows; each method is one transaction. */
export function createWebhookOutbox(database: Database): WebhookOutbox {
  /** Times are kept in whole milliseconds. */
  const change = async (sql: string, ...values: readonly (string | number)[]) =>
    database.commit(() =>
      database.run(sql, ...values.map((value) => (typeof value === 'number' ? Math.floor(value) : value))),
    );
  return {
    add: async ({ id, target, type, body, createdAtMs }, giveUpAtMs) => {
      await change(
        `INSERT INTO webhook_outbox (id, target, type, body, state, tries, created_at_ms, due_at_ms, give_up_at_ms)
         VALUES (?, ?, ?, ?, 'waiting', 0, ?, ?, ?) ON CONFLICT DO NOTHING`,
        id,
        target,
        type,
        body,
        createdAtMs,
        createdAtMs,
        giveUpAtMs,
      );
    },
    due: (nowMs, atMost) =>
      database.read(function* () {
        const rows = yield* database.all(
          `SELECT * FROM webhook_outbox WHERE state = 'waiting' AND due_at_ms <= ? ORDER BY due_at_ms LIMIT ?`,
          Math.floor(nowMs),
          atMost,
        );
        return rows.map(read);
      }),
    delivered: async (id, nowMs) => {
      const sql = `UPDATE webhook_outbox SET state = 'delivered', tries = tries + 1, ended_at_ms = ? WHERE id = ?`;
      await change(sql, nowMs, id);
    },
    failed: async (id, problem, nowMs) => {
      await change(
        `UPDATE webhook_outbox SET state = 'failed', tries = tries + 1, problem = ?, ended_at_ms = ?
         WHERE id = ? AND ${isOpen}`,
        problem,
        nowMs,
        id,
      );
    },
    postpone: async (id, problem, dueAtMs) => {
      await change(
        `UPDATE webhook_outbox SET tries = tries + 1, problem = ?, due_at_ms = ? WHERE id = ? AND ${isOpen}`,
        problem,
        dueAtMs,
        id,
      );
    },
    list: ({ count, state }) =>
      database.read(function* () {
        const rows = yield* database.all(
          `SELECT * FROM webhook_outbox ${state === undefined ? '' : 'WHERE state = ?'}
           ORDER BY created_at_ms DESC, id LIMIT ?`,
          ...(state === undefined ? [] : [state]),
          count,
        );
        return rows.map(read);
      }),
    replay: async (ids, nowMs, giveUpAtMs) => {
      const again = `UPDATE webhook_outbox SET state = 'waiting', tries = 0, due_at_ms = ?, give_up_at_ms = ?, ended_at_ms = NULL`;
      if (ids === 'failed') return change(`${again} WHERE state = 'failed'`, nowMs, giveUpAtMs);
      let count = 0;
      for (const id of ids) count += await change(`${again} WHERE id = ?`, nowMs, giveUpAtMs, id);
      return count;
    },
    purge: async (endedBeforeMs) => {
      await change(`DELETE FROM webhook_outbox WHERE state <> 'waiting' AND ended_at_ms < ?`, endedBeforeMs);
    },
  };
}
