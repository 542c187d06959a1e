import { z } from 'zod';
import type { DialogueStore, KeptDialogue } from '../domain/dialogue-store.ts';
import type { Database } from './connection.ts';
import { parseRow } from './parse-row.ts';

const keptMs = 7 * 86_400_000;

const dialogueRow = z
  .object({ state: z.string(), written_at_ms: z.number() })
  .transform((row): KeptDialogue => ({ state: row.state, writtenAtMs: row.written_at_ms }));

/** Unfinished dialogues in the database; each write takes the old ones out. */
export function createSqliteDialogues(database: Database): DialogueStore {
  const purge = (nowMs: number) =>
    void database.run('DELETE FROM dialogues WHERE written_at_ms <= ?', Math.floor(nowMs) - keptMs);
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
