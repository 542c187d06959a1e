import type { Claim } from '../domain/job-lease.ts';
import type { JobQueue } from '../domain/job-queue.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { Database } from './connection.ts';
import { claimWithAnswer, keepAnswer } from './job-answers.ts';
import { keepCall } from './job-calls.ts';
import {
  checkpointJob,
  claimNext,
  claimOverdue,
  nextReady,
  parkJob,
  requeueDelayedJob,
  requeueFrontJob,
} from './job-claims.ts';
import { cancelJob, recoverJobs, settleJob } from './job-endings.ts';
import { acceptJob } from './job-intake.ts';
import type { SetAside } from './unreadable-jobs.ts';

/**
 * Takes jobs in and hands them out; each method is one transaction. What waits in a line that is not among `lines` is
 * set aside at the start; without them every line is known.
 */
export function createSqliteJobQueue(database: Database, lines?: readonly ProviderName[]): JobQueue {
  const known = lines === undefined ? undefined : new Set(lines);
  const listeners = new Set<Parameters<JobQueue['onSetAside']>[0]>();
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
    claimAnswered: () => claimed(() => claimWithAnswer(database)),
    nextReadyMs: async (line, nowMs) => nextReady(database, line, nowMs),
    noteCall: async (lease, trail) => database.commit(() => keepCall(database, lease, trail)),
    noteAnswer: async (lease, trail, progress, answer) =>
      database.commit(() => keepAnswer(database, lease, trail, progress, answer)),
    checkpoint: async (lease, progress) => database.commit(() => checkpointJob(database, lease, progress)),
    park: async (lease, park) => database.commit(() => parkJob(database, lease, park)),
    requeueFront: async (lease) => database.commit(() => requeueFrontJob(database, lease)),
    requeueDelayed: async (lease, readyAtMs) => database.commit(() => requeueDelayedJob(database, lease, readyAtMs)),
    settle: async (lease, outcome, nowMs) =>
      database.commit(() => settleJob(database, lease, outcome, Math.floor(nowMs))),
    cancel: async (id, userId, nowMs) => database.commit(() => cancelJob(database, id, userId, Math.floor(nowMs))),
    recover: async (maxCrashes, nowMs) =>
      database.commit(() => recoverJobs(database, known, maxCrashes, Math.floor(nowMs))),
    onSetAside: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
