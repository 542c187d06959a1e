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
import { type Database, numberOf, type Row } from '../connection.ts';
import {
  cancelJob,
  claimEnded,
  endDelivery,
  heldJobs,
  holdDelivery,
  postponeDelivery,
  recoverJobs,
  releaseDelivery,
  type SetAside,
  settleJob,
} from './settle.ts';
import {
  claimUnderWay,
  claimNext,
  lookForNext,
  hasOverdue,
  claimOverdue,
  nextReady,
  parkJob,
  requeueDelayedJob,
  requeueFrontJob,
  acceptJob,
} from './queue.ts';
import { callsOf, checkpointJob, keepAnswer, keepCall, keepOperation, costsSince } from './calls.ts';
import { toShownJob, type StoredJob } from './job-rows.ts';
import { countWaiting, engineStats, openJobsOf, placeAhead, waitingIn, wakeCooling } from './fair-queue.ts';
import { shownIn } from '../people-and-chats.ts';
import { conversationBefore } from './conversation.ts';
import { SqliteHistory, spendingBetween } from './history.ts';
import { randomUUID } from 'node:crypto';
import type { WorkKind } from '../group-commit.ts';
import type { Clock } from '../../../kit/clock.ts';

const plain = { isPlain: true } as const;

/** A set of listeners for one event. */
class Listeners<Given extends readonly unknown[]> {
  readonly #listeners = new Set<(...given: Given) => void>();

  /** Disposing removes the listener; the same listener added twice is called once. */
  add(listener: (...given: Given) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  tell(...given: Given): void {
    for (const listener of this.#listeners) listener(...given);
  }
}

export type SqliteDeliveryOptions = {
  readonly database: Database;
  /** The owner of the claims. */
  readonly owner: string;
  /** In whole milliseconds. */
  readonly nowMs: () => number;
};

/** Claims ended jobs for delivery; each method is one transaction. */
export function createSqliteJobDelivery({ database, owner, nowMs }: SqliteDeliveryOptions): JobDelivery {
  return {
    // Durable with the intent that follows it.
    claim: async (id) => database.apply(() => claimEnded(database, id, owner), plain),
    done: async (lease, shown, sent) =>
      database.commit(
        () => endDelivery(database, lease, nowMs(), shown, sent),
        shown === undefined ? { isOneChange: true } : {},
      ),
    postpone: async (lease, next) => database.commit(() => postponeDelivery(database, lease, next)),
    hold: async (lease, why) => database.commit(() => holdDelivery(database, lease, nowMs(), why)),
    release: async (id) => database.commit(() => releaseDelivery(database, id)),
    heldFor: async (chatId, userId) => heldJobs(database, chatId, userId),
    pending: async () =>
      database
        .all(`SELECT id FROM jobs WHERE state = 'ended' ORDER BY ended_at_ms, seq`)
        .map((row) => jobId(String(row['id']))),
    holds: async ({ jobId: id, fence }) =>
      database.get(`SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting'`, id, fence) !== undefined,
    keepStatusMessage: async (id, statusMessageId) =>
      database.commit(() => void database.run('UPDATE jobs SET receipt_id = ? WHERE id = ?', statusMessageId, id), {
        isOneChange: true,
      }),
  };
}

export type SqliteQueueOptions = {
  readonly database: Database;
  readonly running: RunningCaps;
  /** The known lines; jobs of other lines are dead-lettered at the start. Absent means that every line is known. */
  readonly lines?: readonly ProviderName[] | undefined;
  /** The owner of the claims. */
  readonly owner: string;
  /** In whole milliseconds. */
  readonly nowMs: () => number;
};

/** Accepts and claims jobs; each method is one transaction. Listeners are called after the commit. */
export function createSqliteJobQueue({ database, running, lines, owner, nowMs }: SqliteQueueOptions): JobQueue {
  const known = lines === undefined ? undefined : new Set(lines);
  const setAside = new Listeners<Parameters<Parameters<JobQueue['onSetAside']>[0]>>();
  const work = new Listeners<Parameters<Parameters<JobQueue['onWork']>[0]>>();
  const stop = new Listeners<Parameters<Parameters<JobQueue['onStop']>[0]>>();
  /**
   * Claims until a job is readable; reports each unreadable one. A claim that would find nothing writes nothing, and one
   * that finds something is durable with what its owner stores next.
   */
  const claimed = async <Seen>(
    claim: (seen: Seen) => Claim | SetAside | undefined,
    look: () => Seen | undefined,
  ): Promise<Claim | undefined> => {
    for (let seen = look(); seen !== undefined; seen = look()) {
      const now = seen;
      const found = await database.apply(() => claim(now), plain);
      if (found === undefined || 'lease' in found) return found;
      setAside.tell(found.setAside, found.error);
    }
    return undefined;
  };
  /** Reports work for every line, because a job that stops running lets its person's next one start in any line. */
  const stopped = async (why: 'waits' | 'stopped', change: () => boolean, kind: WorkKind = {}): Promise<boolean> => {
    const isChanged = await database.commit(change, kind);
    if (isChanged) work.tell(undefined, why);
    return isChanged;
  };
  return {
    accept: async (request, limits, intent) => {
      const accepted = await database.commit(() => acceptJob(database, request, limits, nowMs(), intent), plain);
      if (accepted.kind === 'accepted') work.tell(request.line, 'waits');
      return accepted;
    },
    claim: (line) =>
      claimed(
        (next) => claimNext(database, line, running, owner, nowMs(), next),
        () => lookForNext(database, line, running, nowMs()),
      ),
    claimExpired: (line, deadlineMs) =>
      claimed(
        () => claimOverdue(database, line, owner, nowMs(), deadlineMs),
        () => hasOverdue(database, line, nowMs(), deadlineMs) || undefined,
      ),
    claimAnswered: () =>
      claimed(
        () => claimUnderWay(database, owner, 'answer'),
        () => true,
      ),
    claimSubmitted: () =>
      claimed(
        () => claimUnderWay(database, owner, 'operation'),
        () => true,
      ),
    nextReadyMs: async (line, afterMs) => nextReady(database, line, afterMs),
    recordCall: async (lease, trail) => database.commit(() => keepCall(database, lease, trail), plain),
    recordAnswer: async (lease, trail, progress, answer) =>
      database.commit(() => keepAnswer(database, lease, trail, progress, answer), plain),
    recordOperation: async (lease, trail, progress, operation) =>
      database.commit(() => keepOperation(database, lease, trail, progress, operation)),
    checkpoint: async (lease, progress) => database.commit(() => checkpointJob(database, lease, progress)),
    park: (lease, park) => stopped('waits', () => parkJob(database, lease, park)),
    wakeCooling: async (line) => database.commit(() => wakeCooling(database, line)),
    requeueFront: (lease) => stopped('waits', () => requeueFrontJob(database, lease)),
    requeueDelayed: (lease, readyAtMs) => stopped('waits', () => requeueDelayedJob(database, lease, readyAtMs)),
    settle: (lease, outcome, onEnded) =>
      stopped(
        'stopped',
        () => {
          const hasEnded = settleJob(database, lease, outcome, nowMs());
          if (hasEnded && onEnded !== undefined) queueMicrotask(onEnded);
          return hasEnded;
        },
        {
          // The credit of a failed job goes back in a second statement.
          ...(outcome.kind === 'result' ? { isOneChange: true } : {}),
          ...(onEnded === undefined ? {} : { isFollowed: true }),
        },
      ),
    cancel: async (id, userId, wipes) => {
      const cancelled = await database.commit(() => cancelJob(database, { id, userId, wipes }, nowMs()));
      if (cancelled.kind === 'running') stop.tell(id);
      if (cancelled.kind === 'running' || cancelled.kind === 'cancelled') work.tell(undefined, 'stopped');
      return cancelled;
    },
    recover: async (maxCrashes) => {
      const recovered = await database.commit(() => recoverJobs(database, known, maxCrashes, owner, nowMs()));
      if (recovered.handedBack + recovered.setAside.length + recovered.unreadable.length > 0)
        work.tell(undefined, 'waits');
      return recovered;
    },
    onWork: (listener) => work.add(listener),
    onStop: (listener) => stop.add(listener),
    onSetAside: (listener) => setAside.add(listener),
  };
}

/** Returns the current state of the job; undefined when there is no such job. */
export function pastJob(database: Database, id: JobId): PastJob | undefined {
  const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
  return row === undefined ? undefined : toPastJob(row);
}

/** Returns the latest accepted jobs that match the filter, newest first. */
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

/** Reads jobs; a read-only database is enough. */
export function createSqliteJobReader(database: Database): JobReader {
  const history = new SqliteHistory(database);
  const find = (id: JobId): StoredJob | undefined => {
    const row = database.get('SELECT * FROM jobs WHERE id = ?', id);
    return row === undefined ? undefined : toShownJob(row);
  };
  return {
    find: async (id) => find(id)?.job,
    shownIn: async (id) => shownIn(database, id),
    where: async (id) => {
      const stored = find(id);
      return stored === undefined ? undefined : { job: stored.job, ahead: placeAhead(database, stored) };
    },
    jobsOf: async (userId) => openJobsOf(database, userId),
    conversationBefore: async (id, atMost) => conversationBefore(database, id, atMost),
    trailOf: async (id) => callsOf(database, id),
    stats: async () => engineStats(database),
    waitingIn: async (line) => waitingIn(database, line),
    countWaiting: async (line) => countWaiting(database, line),
    runningOf: async (turn) => {
      const sql = `SELECT count(*) AS jobs FROM jobs WHERE state = 'running' AND turn_id = ?`;
      return numberOf(database.get(sql, turn), 'jobs');
    },
    past: async (id) => pastJob(database, id),
    latest: async (filter) => latestJobs(database, filter),
    costs: async (sinceMs) => costsSince(database, sinceMs),
    history: (nowMs, hours) => history.read(nowMs, hours),
    spending: (range) => spendingBetween(database, range),
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
 * The job engine of one machine. The database holds the order and the fences; each method is one transaction. It has one
 * owner at a time (see `takeOwnership`), so every other owner in the database belongs to a process that has ended.
 */
export function createSqliteJobEngine({ database, clock, running, lines }: SqliteJobEngineOptions): JobEngine {
  const own = { database, owner: randomUUID(), nowMs: () => Math.floor(clock.now()) };
  return {
    queue: createSqliteJobQueue({ ...own, running, lines }),
    reader: createSqliteJobReader(database),
    delivery: createSqliteJobDelivery(own),
  };
}
