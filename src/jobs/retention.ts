import type { Emit } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import type { FeedbackStore } from '../domain/personal/feedback.ts';
import type { PastRequests } from '../domain/personal/past-requests.ts';
import type { Processes } from '../domain/shared/processes.ts';
import type { PersonalData } from '../domain/users.ts';
import type { StoredResults } from '../domain/media.ts';
import { type Clock, every } from '../kit/clock.ts';
import type { GenerationService } from './generation-service.ts';

const roundEveryMs = 3_600_000;
/** The first round waits until the start is over. */
const firstRoundMs = 60_000;
/** A deletion that waits for a delivery in progress is tried again after this long. */
const pendingErasureRetryMs = 10_000;
/** Jobs deleted in one batch; a batch blocks the event loop for a few milliseconds. */
const batchSize = 25;
const batchPauseMs = 20;

export type RetentionJobOptions = {
  readonly data: PersonalData;
  readonly resultStore: StoredResults;
  /** What people sent with their requests; it lives as long as its job. */
  readonly inputs?: StoredResults;
  readonly service: Pick<GenerationService, 'findAll' | 'cancel'>;
  /** Jobs delivered longer ago than this are deleted. */
  readonly retentionMs: number;
  /** People's histories, and how long their entries are kept; favourites are kept until their person deletes them. */
  readonly history?: { readonly entries: Pick<PastRequests, 'purge' | 'deleteOfJob'>; readonly keptMs: number };
  /** Kept as long as the requests. */
  readonly feedback?: Pick<FeedbackStore, 'purge'>;
  /** Of several processes one deletes rows, and each the files on its disk; absent where this one is alone. */
  readonly processes?: Pick<Processes, 'isAlone' | 'termOf' | 'tell' | 'onNews'>;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** What a person's deletion request removed; all fields are counts. */
export type Forgotten = {
  /** Jobs with their prompts and every row that belongs to them. */
  readonly requests: number;
  /** Result files on this machine's disk. */
  readonly results: number;
  /** Unfinished jobs that were cancelled first. */
  readonly stopped: number;
};

/**
 * Deletes data that is no longer needed: delivered jobs and their results after the retention period, result files
 * without a job, and all data of a person who asks for it. It runs every hour in small batches; the next round continues
 * a round that was interrupted.
 */
export class RetentionJob implements AsyncDisposable {
  readonly #options: RetentionJobOptions;
  readonly #closing = new AbortController();
  readonly #timers: Disposable[];
  readonly #work = new Set<Promise<unknown>>();
  #erasureTimer: Disposable | undefined;
  /** Inputs that had no job in the last round. */
  #orphanInputs: ReadonlySet<JobId> = new Set();
  /** Results that had no job in the last round, and in this one. */
  #orphanFiles: ReadonlySet<JobId> = new Set();
  #foundOrphans = new Set<JobId>();
  #round: Promise<void> | undefined;

  constructor(options: RetentionJobOptions) {
    this.#options = options;
    const { clock } = options;
    const round = () => void this.round();
    this.#timers = [clock.schedule(firstRoundMs, round), every(clock, roundEveryMs, round)];
    const hearing = options.processes?.onNews((news) => {
      if (news.kind === 'files') void this.#guarded(async () => void (await this.#removeFilesHere(news.jobs)));
    });
    if (hearing !== undefined) this.#timers.push(hearing);
  }

  /** Resolves when everything past the retention period is deleted; an error is emitted, not thrown. */
  round(): Promise<void> {
    this.#round ??= this.#guarded(() => this.#deleteExpired()).finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  /** Cancels and deletes all data of the person now; a job whose delivery is in progress is deleted right after it. */
  async forget(userId: number): Promise<Forgotten> {
    const { service, data, clock } = this.#options;
    const open = (await service.findAll(userId)).filter(({ phase }) => phase.kind !== 'ended');
    // Their words go with the same transaction: the message that tells of the end is written a moment later.
    const cancelled = await Promise.all(open.map(({ id }) => service.cancel(id, userId, true)));
    const stopped = cancelled.filter(({ kind }) => kind === 'cancelled' || kind === 'running').length;
    const requests = await data.mark(userId, clock.now());
    const { results } = await this.#track(this.#deleteJobs(-Infinity));
    await this.#retryPendingErasure();
    return { requests, results, stopped };
  }

  /** Deletes one request that was delivered, with its files, now; its person wants it gone. */
  async forgetJob(id: JobId): Promise<void> {
    const { data, clock } = this.#options;
    await this.#track(
      (async () => {
        // Files go before their rows: after a crash in between, the row still names the file.
        await this.#removeFiles([id]);
        await data.drop([id], clock.now());
        await this.#options.history?.entries.deleteOfJob(id);
      })(),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#erasureTimer?.[Symbol.dispose]();
    this.#closing.abort(new Error('The app is stopping'));
    await Promise.allSettled(this.#work);
  }

  async #deleteExpired(): Promise<void> {
    const { data, clock, retentionMs, processes, emit } = this.#options;
    if (processes !== undefined && processes.termOf('housekeeping') === undefined) {
      const results = await this.#deleteOrphanFiles();
      if (results > 0) emit({ event: 'retention.deleted', requests: 0, results });
      return;
    }
    const beforeMs = clock.now() - retentionMs;
    const { requests, results } = await this.#deleteJobs(beforeMs);
    const orphans = await this.#deleteOrphanFiles();
    await data.trim(beforeMs, clock.now());
    const { history, feedback } = this.#options;
    await history?.entries.purge(clock.now() - history.keptMs);
    await feedback?.purge(beforeMs);
    await this.#retryPendingErasure();
    if (requests + results + orphans > 0) emit({ event: 'retention.deleted', requests, results: results + orphans });
  }

  async #deleteJobs(deliveredBeforeMs: number): Promise<{ readonly requests: number; readonly results: number }> {
    const { data, clock } = this.#options;
    let [requests, results] = [0, 0];
    for (;;) {
      const ids = await data.expired(deliveredBeforeMs, batchSize);
      if (ids.length === 0) return { requests, results };
      // Files go before their rows: after a crash in between, the row still names the file.
      results += await this.#removeFiles(ids);
      await data.drop(ids, clock.now());
      requests += ids.length;
      if (ids.length === batchSize) await clock.sleep(batchPauseMs, this.#closing.signal);
    }
  }

  /** Deletes files whose job was cancelled after the download, or no longer exists. */
  async #deleteOrphanFiles(): Promise<number> {
    const { data, resultStore, inputs, clock } = this.#options;
    await resultStore.removeUnfinished?.();
    await inputs?.removeUnfinished?.();
    const kept = await resultStore.list();
    let removed = 0;
    for (let at = 0; at < kept.length; at += batchSize) {
      if (at > 0) await clock.sleep(batchPauseMs, this.#closing.signal);
      const batch = kept.slice(at, at + batchSize);
      const needed = await Promise.all(batch.map((id) => data.needsFile(id)));
      removed += await this.#removeFilesHere(this.#certain(batch.filter((_, index) => needed[index] === false)));
    }
    [this.#orphanFiles, this.#foundOrphans] = [this.#foundOrphans, new Set()];
    return removed + (await this.#deleteOrphanInputs());
  }

  /** In a folder of several processes a file may belong to a call that another one is making: that is over in a round. */
  #certain(orphans: readonly JobId[]): readonly JobId[] {
    if (this.#options.processes?.isAlone !== false) return orphans;
    const known = this.#orphanFiles;
    for (const id of orphans) this.#foundOrphans.add(id);
    return orphans.filter((id) => known.has(id));
  }

  /** Deletes what was sent with a request that was refused, or whose job no longer exists. */
  async #deleteOrphanInputs(): Promise<number> {
    const { data, inputs } = this.#options;
    const orphans: JobId[] = [];
    for (const id of (await inputs?.list()) ?? []) if (!(await data.exists(id))) orphans.push(id);
    // The request of a picture that was just kept may be about to be accepted.
    const left = orphans.filter((id) => this.#orphanInputs.has(id));
    this.#orphanInputs = new Set(orphans);
    for (const id of left) await inputs?.remove(id);
    return left.length;
  }

  async #removeFiles(ids: readonly JobId[]): Promise<number> {
    if (ids.length > 0) this.#options.processes?.tell({ kind: 'files', jobs: ids });
    return this.#removeFilesHere(ids);
  }

  async #removeFilesHere(ids: readonly JobId[]): Promise<number> {
    const { resultStore, inputs } = this.#options;
    if (inputs !== undefined) await Promise.all(ids.map((id) => inputs.remove(id)));
    const removed = await Promise.all(ids.map((id) => resultStore.remove(id)));
    return removed.filter(Boolean).length;
  }

  async #retryPendingErasure(): Promise<void> {
    if ((await this.#options.data.pendingErasure()) === 0 || this.#closing.signal.aborted) return;
    this.#erasureTimer?.[Symbol.dispose]();
    this.#erasureTimer = this.#options.clock.schedule(pendingErasureRetryMs, () => {
      void this.#guarded(async () => {
        await this.#deleteJobs(-Infinity);
        await this.#retryPendingErasure();
      });
    });
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await this.#track(work());
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#options.emit({ event: 'app.error', what: 'delete what is old', error });
    }
  }

  /** Tracks the work so that disposal waits for it. */
  #track<Result>(work: Promise<Result>): Promise<Result> {
    this.#work.add(work);
    return work.finally(() => this.#work.delete(work));
  }
}
