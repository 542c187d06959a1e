import { type JobId, jobId } from '../domain/ids.ts';
import type { Claim, JobEngine } from '../domain/job-engine.ts';
import type { Database } from './connection.ts';
import { claimWithAnswer, keepAnswer } from './job-answers.ts';
import { callsOf, keepCall } from './job-calls.ts';
import { checkpointJob, claimNext, claimOverdue, handBackJob, parkJob, setBackJob } from './job-claims.ts';
import { cancelJob, claimEnded, endTelling, recoverJobs, settleJob } from './job-endings.ts';
import { acceptJob } from './job-intake.ts';
import { engineStats, openJobsOf, placeAhead } from './job-places.ts';
import { type StoredJob, toShownJob } from './job-rows.ts';
import type { SetAside } from './unreadable-jobs.ts';

/** The job engine of one machine: the order and the fences live in the database, each method is one transaction. */
export function createSqliteJobEngine(database: Database): JobEngine {
  const find = (id: JobId): StoredJob | undefined => {
    const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
    return row === undefined ? undefined : toShownJob(row);
  };
  const listeners = new Set<Parameters<JobEngine['onSetAside']>[0]>();
  /** Claims until it comes upon a job that can be read; of each other one is told once its end is durable. */
  const claimed = async (claim: () => Claim | SetAside | undefined): Promise<Claim | undefined> => {
    for (;;) {
      const found = await database.commit(claim);
      if (found === undefined || 'lease' in found) return found;
      for (const listener of listeners) listener(found.setAside, found.error);
    }
  };
  return {
    accept: async (request, limits, nowMs) =>
      database.commit(() => acceptJob(database, request, limits, Math.floor(nowMs))),
    claim: (line, limits, nowMs) => claimed(() => claimNext(database, line, limits, Math.floor(nowMs))),
    claimExpired: (line, kind, claimedBeforeMs) => claimed(() => claimOverdue(database, line, kind, claimedBeforeMs)),
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
    claimAnswered: () => claimed(() => claimWithAnswer(database)),
    trailOf: async (id) => callsOf(database, id),
    checkpoint: async (lease, progress) => database.commit(() => checkpointJob(database, lease, progress)),
    park: async (lease, park) => database.commit(() => parkJob(database, lease, park)),
    handBack: async (lease) => database.commit(() => handBackJob(database, lease)),
    setBack: async (lease, readyAtMs) => database.commit(() => setBackJob(database, lease, readyAtMs)),
    settle: async (lease, outcome, nowMs) =>
      database.commit(() => settleJob(database, lease, outcome, Math.floor(nowMs))),
    cancel: async (id, userId, nowMs) => database.commit(() => cancelJob(database, id, userId, Math.floor(nowMs))),
    claimTelling: async (id) => database.commit(() => claimEnded(database, id)),
    told: async (lease, nowMs, shown) => database.commit(() => endTelling(database, lease, Math.floor(nowMs), shown)),
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
    onSetAside: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
