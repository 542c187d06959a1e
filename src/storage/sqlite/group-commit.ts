import type { Clock } from '../../kit/clock.ts';
import type { WorkKind } from '../database.ts';
import { StorageError } from '../storage-error.ts';
import { Flushes } from './flushes.ts';

/** The longest time that a commit blocks the event loop for a lock; then it retries after a pause. */
const maxBlockMs = 20;
const lockRetryMs = 30;
/** After one work item has timed out on a lock, the others wait at most this long until the lock is free. */
const patienceAfterTimeoutMs = 200;
/** How often work that follows from applied work joins the open transaction before it is committed. */
const maxRounds = 4;
/** How long a transaction stays open for others while nobody waits for it. */
const maxOpenMs = 5;

type Work = {
  readonly run: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly kind: WorkKind;
  readonly queuedMonotonicMs: number;
};

type DoneWork = Work & { readonly result: unknown };

function resolveAll(done: readonly DoneWork[]): void {
  for (const { resolve, result } of done) resolve(result);
}

/** The transaction of a connection. */
export type Transaction = {
  /** Throws a StorageError when another process holds the lock for longer than this, or the file is not in its place. */
  begin(patienceMs: number): void;
  /** Runs the work; where it throws, what it changed is undone and nothing else. */
  alone<Result>(work: () => Result): Result;
  /** Commits, or undoes everything and throws. What is committed is durable once the log is flushed. */
  commit(): void;
  /** Resolves when everything that was committed before is durable; undefined when it is so already. May throw. */
  flush(): Promise<void> | undefined;
  /** As `flush`, before it returns. */
  flushNow(): void;
  rollBack(): void;
  /** Grows with each statement that may have changed something. */
  changes(): number;
  /** False once SQLite has undone the transaction by itself, as on a full disk. */
  readonly isOpen: boolean;
};

export type GroupCommitOptions = {
  readonly transaction: Transaction;
  /** How long work waits for a lock of another process. */
  readonly busyTimeoutMs: number;
  readonly clock: Clock;
  readonly onRefusal: (error: StorageError) => void;
};

/**
 * One transaction, and so one wait for the disk, for all work of the same turn of the event loop. Work that throws is
 * undone and rejected alone. Applied work resolves before the commit: what follows from it in the next turns joins the same
 * transaction, and is durable with it or lost with it. The event loop goes on while the disk takes what was committed; the
 * work that comes meanwhile is the next transaction, which waits for the disk too unless that is slow. While another
 * process locks the file, the work waits without blocking the event loop.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #waiting: Work[] = [];
  /** Work of the open transaction that resolves after the commit. */
  #done: DoneWork[] = [];
  #isOpen = false;
  #isScheduled = false;
  #isWorking = false;
  #rounds = 0;
  /** Work of this round is followed by other work. */
  #isFollowed = false;
  /** How much work the open transaction holds; the first needs no savepoint. */
  #worked = 0;
  #lost = 0;
  /** While the disk takes what was committed last, the next transaction stays open for further work. */
  readonly #flushes: Flushes;
  #nextTry: Disposable | undefined;
  /** Commits what nobody waits for. */
  #alone: NodeJS.Timeout | undefined;
  #patienceMs: number;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#patienceMs = options.busyTimeoutMs;
    this.#flushes = new Flushes(options.clock, () => this.#turn(false));
  }

  add<Result>(run: () => Result, kind: WorkKind<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const queuedMonotonicMs = this.#options.clock.monotonicMs();
      const work = {
        run,
        resolve: resolve as (result: unknown) => void,
        reject,
        kind: kind as WorkKind,
        queuedMonotonicMs,
      };
      this.#waiting.push(work);
      // At once, so that a line claims for all its free seats in one turn.
      if (kind.isApplied === true && !this.#isWorking && this.#nextTry === undefined) this.#workOff(false);
      this.#schedule();
    });
  }

  /** True while a work item runs: its statements belong to the open transaction. */
  get isWorking(): boolean {
    return this.#isWorking;
  }

  /** How many transactions could not be committed. */
  get lost(): number {
    return this.#lost;
  }

  /** Commits the open transaction now, for a statement that must not be part of it. */
  settle(): void {
    if (this.#isOpen && !this.#isWorking) this.#commit(true);
  }

  /** Does and commits everything that waits; work that still finds a lock is rejected. */
  finish(): void {
    this.#nextTry?.[Symbol.dispose]();
    this.#nextTry = undefined;
    this.#turn(true);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#nextTry !== undefined) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#turn(false);
    });
  }

  /** Does all work that waits, in an open transaction. */
  #workOff(isLast: boolean): void {
    for (let work = this.#waiting[0]; work !== undefined; work = this.#waiting[0]) {
      if (!this.#isOpen && !this.#begin(isLast)) return;
      this.#waiting.shift();
      this.#run(work);
    }
  }

  #turn(isLast: boolean): void {
    if (this.#nextTry !== undefined) return;
    this.#workOff(isLast);
    if (!this.#isOpen || (!this.#flushes.hasRoom && !isLast)) return;
    this.#rounds += 1;
    // What follows from applied work may join, as long as nobody waits for the disk.
    const mayJoin = this.#isFollowed || this.#done.length === 0;
    this.#isFollowed = false;
    if (mayJoin && !isLast && this.#rounds < maxRounds) this.#schedule();
    else if (isLast || this.#done.length > 0) this.#commit(isLast);
    else this.#alone ??= setTimeout(() => this.#commitAlone(), maxOpenMs).unref();
  }

  #commitAlone(): void {
    this.#alone = undefined;
    if (this.#isOpen && this.#flushes.hasRoom) this.#commit(false);
  }

  #begin(isLast: boolean): boolean {
    const { transaction, busyTimeoutMs } = this.#options;
    try {
      transaction.begin(isLast ? busyTimeoutMs : Math.min(maxBlockMs, busyTimeoutMs));
    } catch (error) {
      this.#afterLock(error, isLast);
      return false;
    }
    this.#patienceMs = busyTimeoutMs;
    this.#isOpen = true;
    this.#rounds = 0;
    this.#worked = 0;
    return true;
  }

  #run(work: Work): void {
    const { transaction } = this.#options;
    const isFirst = this.#worked === 0;
    const { isOneChange = false, isPlain = false, isApplied, followedBy } = work.kind;
    const changesBefore = transaction.changes();
    this.#isWorking = true;
    try {
      const result = isFirst || isOneChange || isPlain ? work.run() : transaction.alone(work.run);
      this.#worked += 1;
      if (followedBy !== undefined) {
        this.#isFollowed = true;
        queueMicrotask(() => followedBy(result));
      }
      if (isApplied === true) work.resolve(result);
      else this.#done.push({ ...work, result });
    } catch (error) {
      work.reject(error);
      // On a full disk SQLite rolls back the whole transaction by itself: then the whole group fails.
      if (!transaction.isOpen) this.#fail(error);
      else if (isFirst) {
        transaction.rollBack();
        this.#isOpen = false;
      } else if (isPlain && transaction.changes() !== changesBefore) {
        transaction.rollBack();
        this.#fail(error);
      }
    } finally {
      this.#isWorking = false;
    }
  }

  #commit(isLast: boolean): void {
    const { transaction } = this.#options;
    clearTimeout(this.#alone);
    this.#alone = undefined;
    try {
      transaction.commit();
      if (isLast) transaction.flushNow();
    } catch (error) {
      return this.#fail(error);
    }
    this.#isOpen = false;
    const done = this.#done.splice(0);
    try {
      // Applied work is durable with the next work that is waited for.
      const flushing = isLast || done.length === 0 ? undefined : transaction.flush();
      if (flushing === undefined && (isLast || this.#flushes.areOver)) return resolveAll(done);
      void this.#afterFlush(flushing ?? Promise.resolve(), done);
    } catch (error) {
      this.#reject(done, error);
    }
  }

  async #afterFlush(flushing: Promise<void>, done: readonly DoneWork[]): Promise<void> {
    try {
      await this.#flushes.wait(flushing);
      resolveAll(done);
    } catch (error) {
      this.#reject(done, error);
    }
    this.#turn(false);
  }

  #fail(error: unknown): void {
    this.#isOpen = false;
    this.#reject(this.#done.splice(0), error);
  }

  #reject(done: readonly DoneWork[], error: unknown): void {
    this.#lost += 1;
    for (const { reject } of done) reject(error);
  }

  /** Rejects work that has waited too long for the lock; retries the rest after a pause. */
  #afterLock(error: unknown, isLast: boolean): void {
    const { clock, busyTimeoutMs, onRefusal } = this.#options;
    const isBusy = error instanceof StorageError && error.code === 'busy';
    const sinceMonotonicMs = isBusy && !isLast ? clock.monotonicMs() - this.#patienceMs : Infinity;
    const group = this.#waiting.splice(0);
    const patient = group.filter(({ queuedMonotonicMs }) => queuedMonotonicMs > sinceMonotonicMs);
    if (patient.length > 0) {
      this.#waiting.push(...patient);
      this.#nextTry = clock.schedule(lockRetryMs, () => {
        this.#nextTry = undefined;
        this.#turn(false);
      });
    }
    if (patient.length === group.length) return;
    if (isBusy) this.#patienceMs = Math.min(patienceAfterTimeoutMs, busyTimeoutMs);
    if (error instanceof StorageError) onRefusal(error);
    for (const { reject, queuedMonotonicMs } of group) if (queuedMonotonicMs <= sinceMonotonicMs) reject(error);
  }
}
