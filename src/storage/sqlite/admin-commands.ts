import { z } from 'zod';
import type { AdminAnswer, AdminCommand, AdminCommands } from '../../domain/admin-api.ts';
import { jobId, keyId } from '../../domain/ids.ts';
import { type Database, fromJson, numberOf } from './connection.ts';

const answersForMs = 3_600_000;

const keys = z.union([z.literal('all'), z.array(z.string().transform(keyId))]);

const command: z.ZodType<AdminCommand> = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['wake-keys', 'disable-keys', 'enable-keys']), keys }),
  z.object({ kind: z.literal('cancel-job'), jobId: z.string().transform(jobId) }),
  z.object({ kind: z.literal('add-premium'), userId: z.number(), days: z.number(), grant: z.string() }),
]);

const answer: z.ZodType<AdminAnswer> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('keys-changed'), count: z.number() }),
  z.object({ kind: z.literal('job-cancelled'), ending: z.enum(['cancelled', 'too-late', 'not-found']) }),
  z.object({ kind: z.literal('premium-added'), untilMs: z.number() }),
]);

const pendingRow = z.object({ seq: z.number(), command: z.string().transform(fromJson).pipe(command) });
const answerRow = z.object({ answer: z.string().transform(fromJson).pipe(answer) });

/** Stores admin commands as rows, for the owner of the database and for other processes. */
export function createSqliteAdminCommands(database: Database): AdminCommands {
  return {
    pending: async () =>
      database.all('SELECT seq, command FROM admin_commands WHERE answer IS NULL ORDER BY seq').flatMap((row) => {
        const read = pendingRow.safeParse(row);
        return read.success ? [read.data] : [];
      }),
    ask: async (asked, nowMs) =>
      database.commit(() => {
        const sql = 'INSERT INTO admin_commands (command, asked_at_ms) VALUES (?, ?) RETURNING seq';
        return numberOf(database.get(sql, JSON.stringify(asked), Math.round(nowMs)), 'seq');
      }),
    answer: async (seq, given, nowMs) =>
      database.commit(() => {
        const atMs = Math.round(nowMs);
        const json = JSON.stringify(given);
        database.run('UPDATE admin_commands SET answer = ?, answered_at_ms = ? WHERE seq = ?', json, atMs, seq);
        database.run('DELETE FROM admin_commands WHERE answered_at_ms < ?', atMs - answersForMs);
      }),
    answerOf: async (seq) => {
      const row = answerRow.safeParse(database.get('SELECT answer FROM admin_commands WHERE seq = ?', seq));
      return row.success ? row.data.answer : undefined;
    },
  };
}
