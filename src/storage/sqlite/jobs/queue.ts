import type { Claim, JobQueue, RunningCaps } from '../../../domain/job-engine.ts';
import type { ProviderName } from '../../../domain/ids.ts';
import type { Database } from '../connection.ts';
import { claimWithAnswer, keepAnswer, keepCall } from './calls.ts';
import {
  checkpointJob,
  claimNext,
  claimOverdue,
  nextReady,
  parkJob,
  requeueDelayedJob,
  requeueFrontJob,
} from './claim.ts';
import { cancelJob, recoverJobs, settleJob } from './settle.ts';
import { acceptJob } from './accept.ts';
import { Listeners } from '../../../kit/listeners.ts';
import type { SetAside } from './set-aside.ts';

export type SqliteQueueOptions = {
  readonly database: Database;
  readonly running: RunningCaps;
  /** What waits in another line is set aside at the start; without it every line is known. */
  readonly lines?: readonly ProviderName[] | undefined;
  /** Who holds what is handed out. */
  readonly owner: string;
  /** In whole milliseconds. */
  readonly nowMs: () => number;
};

/** Takes jobs in and hands them out; each method is one transaction. Listeners hear of what is durable. */
export function createSqliteJobQueue({ database, running, lines, owner, nowMs }: SqliteQueueOptions): JobQueue {
  const known = lines === undefined ? undefined : new Set(lines);
  const setAside = new Listeners<Parameters<Parameters<JobQueue['onSetAside']>[0]>>();
  const work = new Listeners<[line?: ProviderName]>();
  const stop = new Listeners<Parameters<Parameters<JobQueue['onStop']>[0]>>();
  /** Claims until it comes upon a job that can be read; of each other one is told once its end is durable. */
  const claimed = async (claim: () => Claim | SetAside | undefined): Promise<Claim | undefined> => {
    for (;;) {
      const found = await database.commit(claim);
      if (found === undefined || 'lease' in found) return found;
      setAside.call(found.setAside, found.error);
    }
  };
  /** A job that no longer runs lets its person's next one start, in whichever line that one waits. */
  const givenUp = async (change: () => boolean): Promise<boolean> => {
    const isChanged = await database.commit(change);
    if (isChanged) work.call();
    return isChanged;
  };
  return {
    accept: async (request, limits) => {
      const accepted = await database.commit(() => acceptJob(database, request, limits, nowMs()));
      if (accepted.kind === 'accepted') work.call(request.line);
      return accepted;
    },
    claim: (line) => claimed(() => claimNext(database, line, running, owner, nowMs())),
    claimExpired: (line, kind, deadlineMs) =>
      claimed(() => claimOverdue(database, line, kind, owner, nowMs() - deadlineMs)),
    claimAnswered: () => claimed(() => claimWithAnswer(database, owner)),
    nextReadyMs: async (line, afterMs) => nextReady(database, line, afterMs),
    recordCall: async (lease, trail) => database.commit(() => keepCall(database, lease, trail)),
    recordAnswer: async (lease, trail, progress, answer) =>
      database.commit(() => keepAnswer(database, lease, trail, progress, answer)),
    checkpoint: async (lease, progress) => database.commit(() => checkpointJob(database, lease, progress)),
    park: (lease, park) => givenUp(() => parkJob(database, lease, park)),
    requeueFront: (lease) => givenUp(() => requeueFrontJob(database, lease)),
    requeueDelayed: (lease, readyAtMs) => givenUp(() => requeueDelayedJob(database, lease, readyAtMs)),
    settle: (lease, outcome) => givenUp(() => settleJob(database, lease, outcome, nowMs())),
    cancel: async (id, userId) => {
      const cancelled = await database.commit(() => cancelJob(database, id, userId, nowMs()));
      if (cancelled.kind === 'running') stop.call(id);
      if (cancelled.kind === 'running' || cancelled.kind === 'cancelled') work.call();
      return cancelled;
    },
    recover: async (maxCrashes) => {
      const recovered = await database.commit(() => recoverJobs(database, known, maxCrashes, owner, nowMs()));
      if (recovered.handedBack + recovered.setAside.length + recovered.unreadable.length > 0) work.call();
      return recovered;
    },
    onWork: (listener) => work.add(listener),
    onStop: (listener) => stop.add(listener),
    onSetAside: (listener) => setAside.add(listener),
  };
}
