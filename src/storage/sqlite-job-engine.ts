import { type JobId, jobId } from '../domain/ids.ts';
import type { JobEngine } from '../domain/job-engine.ts';
import type { Database } from './connection.ts';
import { claimWithAnswer, keepAnswer } from './job-answers.ts';
import { callsOf, keepCall } from './job-calls.ts';
import { checkpointJob, claimNext, claimOverdue, handBackJob, parkJob, setBackJob } from './job-claims.ts';
import { cancelJob, recoverJobs, settleJob } from './job-endings.ts';
import { acceptJob } from './job-intake.ts';
import { engineStats, openJobsOf, placeAhead } from './job-places.ts';
import { type StoredJob, toStoredJob } from './job-rows.ts';

/** The job engine of one machine: the order and the fences live in the database, each method is one transaction. */
export function createSqliteJobEngine(database: Database): JobEngine {
  const find = (id: JobId): StoredJob | undefined => {
    const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
    return row === undefined ? undefined : toStoredJob(row);
  };
  return {
    accept: async (request, limits, nowMs) =>
      database.commit(() => acceptJob(database, request, limits, Math.floor(nowMs))),
    claim: async (line, limits, nowMs) => database.commit(() => claimNext(database, line, limits, Math.floor(nowMs))),
    claimExpired: async (line, kind, claimedBeforeMs) =>
      database.commit(() => claimOverdue(database, line, kind, claimedBeforeMs)),
    nextReadyMs: async (line, nowMs) => {
      const row = database.get(
        `SELECT min(ready_at_ms) AS ready FROM jobs
         WHERE state = 'waiting' AND parked = 1 AND line = ? AND ready_at_ms > ?`,
        line,
        nowMs,
      );
      const ready = row?.['ready'];
      return typeof ready === 'number' ? ready : undefined;
    },
    noteCall: async (lease, trail) => database.commit(() => keepCall(database, lease, trail)),
    noteAnswer: async (lease, trail, progress, answer) =>
      database.commit(() => keepAnswer(database, lease, trail, progress, answer)),
    claimAnswered: async () => database.commit(() => claimWithAnswer(database)),
    trailOf: async (id) => callsOf(database, id),
    checkpoint: async (lease, progress) => database.commit(() => checkpointJob(database, lease, progress)),
    park: async (lease, park) => database.commit(() => parkJob(database, lease, park)),
    handBack: async (lease) => database.commit(() => handBackJob(database, lease)),
    setBack: async (lease, readyAtMs) => database.commit(() => setBackJob(database, lease, readyAtMs)),
    settle: async (lease, outcome, nowMs) =>
      database.commit(() => settleJob(database, lease, outcome, Math.floor(nowMs))),
    cancel: async (id, userId, nowMs) => database.commit(() => cancelJob(database, id, userId, Math.floor(nowMs))),
    claimTelling: async (id) => {
      const row = await database.commit(() =>
        database.get(`UPDATE jobs SET fence = fence + 1 WHERE id = ? AND state = 'ended' RETURNING *`, id),
      );
      if (row === undefined) return undefined;
      const { job, lease } = toStoredJob(row);
      return { lease, job };
    },
    told: async ({ jobId: id, fence }, nowMs) =>
      database.commit(
        () =>
          database.run(
            `UPDATE jobs SET state = 'told', told_at_ms = ? WHERE id = ? AND fence = ? AND state = 'ended'`,
            Math.floor(nowMs),
            id,
            fence,
          ) === 1,
      ),
    untold: async () =>
      database
        .all(`SELECT id FROM jobs WHERE state = 'ended' ORDER BY ended_at_ms, seq`)
        .map((row) => jobId(String(row['id']))),
    holds: async ({ jobId: id, fence }) =>
      database.get(`SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting'`, id, fence) !== undefined,
    keepReceipt: async (id, receiptId) =>
      database.commit(() => void database.run('UPDATE jobs SET receipt_id = ? WHERE id = ?', receiptId, id)),
    find: async (id) => find(id)?.job,
    where: async (id) => {
      const stored = find(id);
      return stored === undefined ? undefined : { job: stored.job, ahead: placeAhead(database, stored) };
    },
    jobsOf: async (userId) => openJobsOf(database, userId),
    stats: async () => engineStats(database),
    recover: async (maxCrashes, nowMs) => database.commit(() => recoverJobs(database, maxCrashes, Math.floor(nowMs))),
  };
}
