import { jobId, type ProviderName, type JobId } from '../../../domain/ids.ts';
import type {
  JobDelivery,
  Claim,
  JobQueue,
  RunningCaps,
  JobFilter,
  PastJob,
  JobReader,
  JobEngine,
} from '../../../domain/job-engine.ts';
import type { Database, Row } from '../connection.ts';
import { claimEnded, endDelivery, cancelJob, recoverJobs, settleJob, type SetAside } from './settle.ts';
import { claimUnderWay, keepAnswer, keepOperation, keepCall, callsOf } from './calls.ts';
import {
  checkpointJob,
  claimNext,
  claimOverdue,
  nextReady,
  parkJob,
  requeueDelayedJob,
  requeueFrontJob,
} from './claim.ts';
import { acceptJob } from './accept.ts';
import { Listeners } from '../../../kit/listeners.ts';
import { toShownJob, type StoredJob } from './job-rows.ts';
import { callsByDay } from './calls-by-day.ts';
import { engineStats, openJobsOf, placeAhead } from './fair-queue.ts';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../kit/clock.ts';

export type SqliteDeliveryOptions = {
  readonly database: Database;
  /** Who holds what is handed out. */
  readonly owner: string;
  /** In whole milliseconds. */
  readonly nowMs: () => number;
};

/** Hands out ended jobs for delivery; each method is one transaction. */
export function createSqliteJobDelivery({ database, owner, nowMs }: SqliteDeliveryOptions): JobDelivery {
  return {
    claim: async (id) => database.commit(() => claimEnded(database, id, owner)),
    done: async (lease, shown) => database.commit(() => endDelivery(database, lease, nowMs(), shown)),
    pending: async () =>
      database
        .all(`SELECT id FROM jobs WHERE state = 'ended' ORDER BY ended_at_ms, seq`)
        .map((row) => jobId(String(row['id']))),
    holds: async ({ jobId: id, fence }) =>
      database.get(`SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting'`, id, fence) !== undefined,
    keepStatusMessage: async (id, statusMessageId) =>
      database.commit(() => void database.run('UPDATE jobs SET receipt_id = ? WHERE id = ?', statusMessageId, id)),
  };
}

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
    claimAnswered: () => claimed(() => claimUnderWay(database, owner, 'answer')),
    claimSubmitted: () => claimed(() => claimUnderWay(database, owner, 'operation')),
    nextReadyMs: async (line, afterMs) => nextReady(database, line, afterMs),
    recordCall: async (lease, trail) => database.commit(() => keepCall(database, lease, trail)),
    recordAnswer: async (lease, trail, progress, answer) =>
      database.commit(() => keepAnswer(database, lease, trail, progress, answer)),
    recordOperation: async (lease, trail, progress, operation) =>
      database.commit(() => keepOperation(database, lease, trail, progress, operation)),
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

/** The job as it stands now; undefined when there is no such job. */
export function pastJob(database: Database, id: JobId): PastJob | undefined {
  const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
  return row === undefined ? undefined : toPastJob(row);
}

/** The jobs accepted last that the filter lets through, newest first. */
export function latestJobs(database: Database, { count, userId, line, state, before }: JobFilter): readonly PastJob[] {
  const wanted = [
    ['user_id = ?', userId],
    ['line = ?', line],
    ['state = ?', state],
    ['seq < (SELECT seq FROM jobs WHERE id = ?)', before],
  ] as const;
  const given = wanted.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  const where = given.length === 0 ? '' : `WHERE ${given.map(({ sql }) => sql).join(' AND ')}`;
  return database
    .all(`SELECT * FROM jobs ${where} ORDER BY seq DESC LIMIT ?`, ...given.map(({ value }) => value), count)
    .map((row) => toPastJob(row));
}

function toPastJob(row: Row): PastJob {
  const endedAtMs = row['ended_at_ms'];
  return { job: toShownJob(row).job, ...(typeof endedAtMs === 'number' ? { endedAtMs } : {}) };
}

/** Reads what the database keeps of jobs; a database that cannot be written to will do. */
export function createSqliteJobReader(database: Database): JobReader {
  const find = (id: JobId): StoredJob | undefined => {
    const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
    return row === undefined ? undefined : toShownJob(row);
  };
  return {
    find: async (id) => find(id)?.job,
    where: async (id) => {
      const stored = find(id);
      return stored === undefined ? undefined : { job: stored.job, ahead: placeAhead(database, stored) };
    },
    jobsOf: async (userId) => openJobsOf(database, userId),
    trailOf: async (id) => callsOf(database, id),
    stats: async () => engineStats(database),
    past: async (id) => pastJob(database, id),
    latest: async (filter) => latestJobs(database, filter),
    callsByDay: (sinceMs) => callsByDay(database, sinceMs),
  };
}

export type SqliteJobEngineOptions = {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly running: RunningCaps;
  /** The lines from which jobs are claimed; without it, every line. */
  readonly lines?: readonly ProviderName[] | undefined;
};

/**
 * The job engine of one machine: the order and the fences live in the database, each method is one transaction. It has
 * one owner at a time (see `takeOwnership`), so that every other owner found in the database is gone.
 */
export function createSqliteJobEngine({ database, clock, running, lines }: SqliteJobEngineOptions): JobEngine {
  const own = { database, owner: randomUUID(), nowMs: () => Math.floor(clock.now()) };
  return {
    queue: createSqliteJobQueue({ ...own, running, lines }),
    reader: createSqliteJobReader(database),
    delivery: createSqliteJobDelivery(own),
  };
}
