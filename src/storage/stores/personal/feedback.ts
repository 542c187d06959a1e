import { z } from 'zod';
import { jobId } from '../../../domain/ids.ts';
import { jobKinds } from '../../../domain/kinds.ts';
import {
  type Feedback,
  type FeedbackStore,
  maxFeedbackADay,
  maxToldAnHour,
} from '../../../domain/personal/feedback.ts';
import type { Database, Steps } from '../../database.ts';
import { numberOf, parseRow } from '../../rows.ts';

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
export function createFeedback(database: Database): FeedbackStore {
  function* mayGive(userId: number, id: string, nowMs: number): Steps<boolean> {
    const row = yield* database.get(
      `SELECT (SELECT count(*) FROM feedback WHERE user_id = ? AND at_ms > ?) AS said,
         (SELECT count(*) FROM feedback WHERE job_id = ?) AS before`,
      userId,
      Math.floor(nowMs) - dayMs,
      id,
    );
    return numberOf(row, 'before') === 0 && numberOf(row, 'said') < maxFeedbackADay;
  }
  return {
    mayGive: (userId, id, nowMs) => database.read(() => mayGive(userId, id, nowMs)),
    keep: async ({ jobId, userId, kind, code, words, atMs }) =>
      database.commit(function* () {
        yield* database.lock('feedback');
        if (!(yield* mayGive(userId, jobId, atMs))) return 'refused';
        const nowMs = Math.floor(atMs);
        const told = yield* database.get(
          'SELECT count(*) AS told FROM feedback WHERE is_told = 1 AND at_ms > ?',
          nowMs - hourMs,
        );
        const isTold = numberOf(told, 'told') < maxToldAnHour;
        yield* database.run(
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
    latest: (count) =>
      database.read(function* () {
        const rows = yield* database.all(
          'SELECT job_id, user_id, kind, code, words, at_ms FROM feedback ORDER BY at_ms DESC, job_id DESC LIMIT ?',
          count,
        );
        return rows.map((row) => parseRow('feedback', feedbackRow, row));
      }),
    purge: async (saidBeforeMs) =>
      database.commit(function* () {
        yield* database.run('DELETE FROM feedback WHERE at_ms <= ?', Math.floor(saidBeforeMs));
      }),
  };
}
