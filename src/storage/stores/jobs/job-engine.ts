import { jobId, type ProviderName } from '../../../domain/ids.ts';
import type { JobDelivery, Claim, JobQueue, RunningCaps, JobEngine } from '../../../domain/job-engine.ts';
import type { Database, Steps } from '../../database.ts';
import {
  cancelJob,
  claimEnded,
  endDelivery,
  heldJobs,
  holdDelivery,
  postponeDelivery,
  releaseDelivery,
  type SetAside,
  settleJob,
  undeliveredJobs,
} from './settle.ts';
import {
  claimUnderWay,
  claimNext,
  lookForNext,
  findOverdue,
  findUnderWay,
  claimOverdue,
  nextReady,
  parkJob,
  requeueDelayedJob,
  requeueFrontJob,
} from './queue.ts';
import { acceptJob } from './accept-job.ts';
import { recoverJobs } from './recover-jobs.ts';
import { createJobReader } from './job-reader.ts';
import { type Owner, onlyOwner } from './owner.ts';
import { checkpointJob, keepAnswer, keepCall, keepOperation } from './calls.ts';
import { wakeCooling } from './fair-queue.ts';
import type { WorkKind } from '../../database.ts';
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

export type DeliveryOptions = {
  readonly database: Database;
  /** The owner of the claims. */
  readonly owner: Owner;
  /** In whole milliseconds. */
  readonly nowMs: () => number;
};

/** Claims ended jobs for delivery; each method is one transaction. */
export function createJobDelivery({ database, owner, nowMs }: DeliveryOptions): JobDelivery {
  return {
    // Durable with the intent that follows it.
    claim: async (id) => database.apply(() => claimEnded(database, id, owner.id), plain),
    done: async (lease, shown, sent) =>
      database.commit(
        () => endDelivery(database, lease, nowMs(), shown, sent),
        shown === undefined ? { isOneChange: true } : {},
      ),
    postpone: async (lease, next) => database.commit(() => postponeDelivery(database, lease, next)),
    hold: async (lease, why) => database.commit(() => holdDelivery(database, lease, nowMs(), why)),
    release: async (id) => database.commit(() => releaseDelivery(database, id)),
    heldFor: (chatId, userId) => database.read(() => heldJobs(database, chatId, userId)),
    pending: () => database.read(() => undeliveredJobs(database, owner)),
    holds: ({ jobId: id, fence }) =>
      database.read(function* () {
        return (
          (yield* database.get(`SELECT 1 FROM jobs WHERE id = ? AND fence = ? AND state <> 'waiting'`, id, fence)) !==
          undefined
        );
      }),
    keepStatusMessage: async (id, statusMessageId) =>
      database.commit(
        function* () {
          const sql = 'UPDATE jobs SET receipt_id = ? WHERE id = ? AND receipt_id IS NOT ? RETURNING state';
          return (yield* database.get(sql, statusMessageId, id, statusMessageId))?.['state'] !== 'told';
        },
        {
          isOneChange: true,
        },
      ),
  };
}

/** Calls back with what other processes have changed; with nothing where some of it may have been missed. */
export type JobNews = {
  /** Jobs wait in this line. */
  onWaiting(listener: (line: string | undefined) => void): void;
  /** A job has ended: its person may have another one started. */
  onEnded(listener: () => void): void;
  /** A running job was cancelled. */
  onStopped(listener: (id: string) => void): void;
};

export type QueueOptions = {
  readonly database: Database;
  readonly running: RunningCaps;
  /** The known lines; jobs of other lines are dead-lettered at the start. Absent means that every line is known. */
  readonly lines?: readonly ProviderName[] | undefined;
  /** The owner of the claims. */
  readonly owner: Owner;
  /** In whole milliseconds. */
  readonly nowMs: () => number;
  readonly news?: JobNews | undefined;
};

/** Accepts and claims jobs; each method is one transaction. Listeners are called after the commit. */
export function createJobQueue({ database, running, lines, owner, nowMs, news }: QueueOptions): JobQueue {
  const known = lines === undefined ? undefined : new Set(lines);
  const setAside = new Listeners<Parameters<Parameters<JobQueue['onSetAside']>[0]>>();
  const work = new Listeners<Parameters<Parameters<JobQueue['onWork']>[0]>>();
  const stop = new Listeners<Parameters<Parameters<JobQueue['onStop']>[0]>>();
  news?.onWaiting((line) => work.tell(line, 'waits'));
  news?.onEnded(() => work.tell(undefined, 'stopped'));
  news?.onStopped((id) => stop.tell(jobId(id)));
  /**
   * Claims until a job is readable; reports each unreadable one. A claim that would find nothing writes nothing, and one
   * that finds something is durable with what its owner stores next.
   */
  const claimed = async <Seen>(
    look: () => Steps<Seen | undefined>,
    claim: (seen: Seen) => Steps<Claim | SetAside | 'again' | undefined>,
  ): Promise<Claim | undefined> => {
    for (;;) {
      const found = await database.applyFound(look, claim, plain);
      if (found === 'again') continue;
      if (found === undefined || 'lease' in found) return found;
      setAside.tell(found.setAside, found.error);
    }
  };
  /** Reports work for every line, because a job that stops running lets its person's next one start in any line. */
  const stopped = async (
    why: 'waits' | 'stopped',
    change: () => Steps<boolean>,
    kind: WorkKind<boolean> = {},
  ): Promise<boolean> => {
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
        () => lookForNext(database, line, running, nowMs()),
        (next) => claimNext(database, line, running, owner.id, nowMs(), next),
      ),
    claimExpired: (line, deadlineMs) =>
      claimed(
        () => findOverdue(database, line, nowMs(), deadlineMs),
        () => claimOverdue(database, line, owner.id, nowMs(), deadlineMs),
      ),
    claimAnswered: () =>
      claimed(
        () => findUnderWay(database, 'answer'),
        () => claimUnderWay(database, owner.id, 'answer'),
      ),
    claimSubmitted: () =>
      claimed(
        () => findUnderWay(database, 'operation'),
        () => claimUnderWay(database, owner.id, 'operation'),
      ),
    nextReadyMs: (line, afterMs) => database.read(() => nextReady(database, line, afterMs)),
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
      stopped('stopped', () => settleJob(database, lease, outcome, nowMs()), {
        // The credit of a failed job goes back in a second statement.
        ...(outcome.kind === 'result' ? { isOneChange: true } : {}),
        ...(onEnded === undefined ? {} : { followedBy: (hasEnded) => (hasEnded ? onEnded() : undefined) }),
      }),
    cancel: async (id, userId, wipes) => {
      const cancelled = await database.commit(() => cancelJob(database, { id, userId, wipes }, nowMs(), owner.id));
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

export type JobEngineOptions = {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly running: RunningCaps;
  /** The lines from which jobs are claimed; without it, every line. */
  readonly lines?: readonly ProviderName[] | undefined;
  /** Whose claims these are; without it, those of the only owner. */
  readonly owner?: Owner;
  /** What other processes do with the same jobs. */
  readonly news?: JobNews;
};

/** The job engine. The database holds the order and the fences; each method is one transaction. */
export function createJobEngine({ database, clock, running, lines, owner, news }: JobEngineOptions): JobEngine {
  const own = { database, owner: owner ?? onlyOwner(), nowMs: () => Math.floor(clock.now()) };
  return {
    queue: createJobQueue({ ...own, running, lines, news }),
    reader: createJobReader(database),
    delivery: createJobDelivery(own),
  };
}
