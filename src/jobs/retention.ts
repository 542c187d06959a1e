import type { Emit } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import type { PersonalData } from '../domain/users.ts';
import type { ResultShelf } from '../domain/result-store.ts';
import { type Clock, every } from '../kit/clock.ts';
import type { GenerationService } from './generation-service.ts';

const roundEveryMs = 3_600_000;
/** The start has other things to do first. */
const firstRoundMs = 60_000;
/** Who wanted to be forgotten while something was being told to them is looked after this soon. */
const leavingMs = 10_000;
/** Jobs deleted in one go: it takes a few milliseconds, and others come between. */
const atOnce = 25;
const breathMs = 20;

export type RetentionJobOptions = {
  readonly data: PersonalData;
  readonly resultStore: ResultShelf;
  readonly service: Pick<GenerationService, 'findAll' | 'cancel'>;
  /** What was told longer ago goes. */
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** What was deleted at a person's wish. */
export type Forgotten = {
  /** Requests with their words and everything that was kept of them. */
  readonly requests: number;
  /** Results on this machine's disk. */
  readonly results: number;
  /** Requests that were stopped for it. */
  readonly stopped: number;
};

/**
 * Deletes what nobody needs any more: requests and results once they are old, results that belong to no request, and
 * everything of a person who wishes it. Every hour, a little at a time; a round that was cut short goes on with the next.
 */
export class RetentionJob implements AsyncDisposable {
  readonly #options: RetentionJobOptions;
  readonly #closing = new AbortController();
  readonly #timers: Disposable[];
  readonly #work = new Set<Promise<unknown>>();
  #leavingTimer: Disposable | undefined;
  #round: Promise<void> | undefined;

  constructor(options: RetentionJobOptions) {
    this.#options = options;
    const { clock } = options;
    const round = () => void this.round();
    this.#timers = [clock.schedule(firstRoundMs, round), every(clock, roundEveryMs, round)];
  }

  /** Resolves when nothing is left that is older than what is kept; trouble is told. */
  round(): Promise<void> {
    this.#round ??= this.#guarded(() => this.#tidy()).finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  /** Stops and deletes everything of the person at once; what is being told right now goes as soon as it was told. */
  async forget(userId: number): Promise<Forgotten> {
    const { service, data, clock } = this.#options;
    const open = (await service.findAll(userId)).filter(({ phase }) => phase.kind !== 'ended');
    const cancelled = await Promise.all(open.map(({ id }) => service.cancel(id, userId)));
    const stopped = cancelled.filter(({ kind }) => kind === 'cancelled' || kind === 'running').length;
    const requests = await data.mark(userId, clock.now());
    const { results } = await this.#kept(this.#drop(-Infinity));
    await this.#lookAfterLeaving();
    return { requests, results, stopped };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#leavingTimer?.[Symbol.dispose]();
    this.#closing.abort(new Error('The house is closing'));
    await Promise.allSettled(this.#work);
  }

  async #tidy(): Promise<void> {
    const { data, clock, retentionMs, emit } = this.#options;
    const beforeMs = clock.now() - retentionMs;
    const { requests, results } = await this.#drop(beforeMs);
    const orphans = await this.#dropOrphans();
    await data.trim(beforeMs, clock.now());
    await this.#lookAfterLeaving();
    if (requests + results + orphans > 0) emit({ event: 'retention.deleted', requests, results: results + orphans });
  }

  async #drop(toldBeforeMs: number): Promise<{ readonly requests: number; readonly results: number }> {
    const { data, clock } = this.#options;
    let [requests, results] = [0, 0];
    for (;;) {
      const ids = await data.expired(toldBeforeMs, atOnce);
      if (ids.length === 0) return { requests, results };
      // The row outlives the file, so that a file whose removal was cut short is still known.
      results += await this.#removeFiles(ids);
      await data.drop(ids, clock.now());
      requests += ids.length;
      if (ids.length === atOnce) await clock.sleep(breathMs, this.#closing.signal);
    }
  }

  /** Files of jobs that were cancelled after their file was there, or that are gone. */
  async #dropOrphans(): Promise<number> {
    const { data, resultStore, clock } = this.#options;
    const kept = await resultStore.list();
    let removed = 0;
    for (let at = 0; at < kept.length; at += atOnce) {
      if (at > 0) await clock.sleep(breathMs, this.#closing.signal);
      const batch = kept.slice(at, at + atOnce);
      const needed = await Promise.all(batch.map((id) => data.needsFile(id)));
      removed += await this.#removeFiles(batch.filter((_, index) => needed[index] === false));
    }
    return removed;
  }

  async #removeFiles(ids: readonly JobId[]): Promise<number> {
    const removed = await Promise.all(ids.map((id) => this.#options.resultStore.remove(id)));
    return removed.filter(Boolean).length;
  }

  async #lookAfterLeaving(): Promise<void> {
    if ((await this.#options.data.pendingErasure()) === 0 || this.#closing.signal.aborted) return;
    this.#leavingTimer?.[Symbol.dispose]();
    this.#leavingTimer = this.#options.clock.schedule(leavingMs, () => {
      void this.#guarded(async () => {
        await this.#drop(-Infinity);
        await this.#lookAfterLeaving();
      });
    });
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await this.#kept(work());
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#options.emit({ event: 'app.error', what: 'delete what is old', error });
    }
  }

  /** Nothing is closed under it. */
  #kept<Result>(work: Promise<Result>): Promise<Result> {
    this.#work.add(work);
    return work.finally(() => this.#work.delete(work));
  }
}
