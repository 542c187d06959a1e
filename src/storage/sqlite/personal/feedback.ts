import { z } from 'zod';
import { jobId } from '../../../domain/ids.ts';
import { jobKinds } from '../../../domain/kinds.ts';
import {
  type Feedback,
  type FeedbackStore,
  maxFeedbackADay,
  maxToldAnHour,
} from '../../../domain/personal/feedback.ts';
import { type Database, numberOf, parseRow } from '../connection.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const feedbackRow = z
  .object({
    job_id: z.string(),
    user_id: z.number(),
    kind: z.enum(jobKinds),
    code: z.string(),
    words: z.string(),
    at_ms: z.number(),
  })
  .transform((row): Feedback => ({
    jobId: jobId(row.job_id),
    userId: row.user_id,
    kind: row.kind,
    code: row.code,
    words: row.words,
    atMs: row.at_ms,
  }));

/** What people said about failures, in the database; the limits hold across restarts. */
export function createSqliteFeedback(database: Database): FeedbackStore {
  const mayGive = (userId: number, id: string, nowMs: number): boolean => {
    const row = database.get(
      `SELECT (SELECT count(*) FROM feedback WHERE user_id = ? AND at_ms > ?) AS said,
         (SELECT count(*) FROM feedback WHERE job_id = ?) AS before`,
      userId,
      Math.floor(nowMs) - dayMs,
      id,
    );
    return numberOf(row, 'before') === 0 && numberOf(row, 'said') < maxFeedbackADay;
  };
  return {
    mayGive: async (userId, id, nowMs) => mayGive(userId, id, nowMs),
    keep: async ({ jobId, userId, kind, code, words, atMs }) =>
      database.commit(() => {
        if (!mayGive(userId, jobId, atMs)) return 'refused';
        const nowMs = Math.floor(atMs);
        const told = database.get(
          'SELECT count(*) AS told FROM feedback WHERE is_told = 1 AND at_ms > ?',
          nowMs - hourMs,
        );
        const isTold = numberOf(told, 'told') < maxToldAnHour;
        database.run(
          'INSERT INTO feedback (job_id, user_id, kind, code, words, at_ms, is_told) VALUES (?, ?, ?, ?, ?, ?, ?)',
          jobId,
          userId,
          kind,
          code,
          words,
          nowMs,
          isTold ? 1 : 0,
        );
        return isTold ? 'told' : 'stored';
      }),
    latest: async (count) =>
      database
        .all(
          'SELECT job_id, user_id, kind, code, words, at_ms FROM feedback ORDER BY at_ms DESC, job_id DESC LIMIT ?',
          count,
        )
        .map((row) => parseRow('feedback', feedbackRow, row)),
    purge: async (saidBeforeMs) =>
      database.commit(() => void database.run('DELETE FROM feedback WHERE at_ms <= ?', Math.floor(saidBeforeMs))),
  };
}
