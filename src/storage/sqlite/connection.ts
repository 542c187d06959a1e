import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Clock, systemClock, utcDay } from '../../kit/clock.ts';
import type { Database, Row, SqlValue, Steps, WorkKind } from '../database.ts';
import { StorageError } from '../storage-error.ts';
import { GroupCommit } from './group-commit.ts';
import { moved, toStorageError } from './refusals.ts';
import { runToEnd } from './run-to-end.ts';
import { inPlaceCheck, type WriteAheadLog } from './write-ahead-log.ts';

export type ConnectionOptions = {
  /** How long a statement waits for a lock of another process. */
  readonly busyTimeoutMs?: number;
  readonly clock?: Clock;
  /** The days in which limits count; those of UTC when absent. */
  readonly dayOf?: (nowMs: number) => number;
  /** Called for every refusal that is thrown to a caller. */
  readonly onRefusal?: (error: StorageError) => void;
  readonly onClosed?: () => void;
};

/** One open database: caches prepared statements, runs transactions, and throws refusals as StorageError. */
export class SqliteDatabase implements Database, Disposable {
  readonly path: string;
  readonly isShared = false;
  /** The day of a moment, as the limits of this installation count it. */
  readonly dayOf: (nowMs: number) => number;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #group: GroupCommit;
  /** Transaction statements; the others are inspected. */
  readonly #controls = new Map<string, StatementSync>();
  #busyTimeoutMs: number;
  /** True inside of `transaction`. */
  #isAlone = false;
  readonly #onRefusal: (error: StorageError) => void;
  readonly #onClosed: () => void;
  #isInPlace: () => boolean = () => true;
  #log: WriteAheadLog | undefined;
  /** How long the connection waits for a lock now. */
  #waitsMs: number;
  #changes = 0;

  constructor(path: string, connection: DatabaseSync, options: ConnectionOptions = {}) {
    this.path = path;
    this.dayOf = options.dayOf ?? utcDay.dayOf;
    this.#connection = connection;
    this.#busyTimeoutMs = options.busyTimeoutMs ?? 0;
    this.#waitsMs = this.#busyTimeoutMs;
    this.#onRefusal = options.onRefusal ?? (() => undefined);
    this.#onClosed = options.onClosed ?? (() => undefined);
    this.#group = new GroupCommit({
      transaction: {
        begin: (patienceMs) => this.#begin(patienceMs),
        alone: (work) => this.#inSavepoint(work),
        commit: () => this.#within(() => this.#log?.refuseUnsynced()),
        rollBack: () => this.#control('ROLLBACK'),
        changes: () => this.#changes,
        flush: () => this.#guarded(() => this.#log?.flush()?.catch((error: unknown) => this.#refuse(error))),
        flushNow: () => this.#guarded(() => this.#log?.flushNow()),
        get isOpen() {
          return connection.isTransaction;
        },
      },
      busyTimeoutMs: this.#busyTimeoutMs,
      clock: options.clock ?? systemClock,
      onRefusal: this.#onRefusal,
    });
  }

  /** From now on commits wait for the disk beside the event loop; without a log, SQLite waits for it by itself. */
  syncBeside(log: WriteAheadLog): void {
    this.script('PRAGMA synchronous = NORMAL');
    this.#log = log;
  }

  /** From now on each write makes sure that the file is still where it is now. */
  watchPlace(): void {
    this.#isInPlace = inPlaceCheck(this.path);
  }

  /* oxlint-disable require-yield -- Each statement runs when the work comes to it. */
  *get(sql: string, ...values: SqlValue[]): Steps<Row | undefined> {
    return this.getNow(sql, ...values);
  }

  *all(sql: string, ...values: SqlValue[]): Steps<readonly Row[]> {
    return this.allNow(sql, ...values);
  }

  *run(sql: string, ...values: SqlValue[]): Steps<number> {
    return this.runNow(sql, ...values);
  }
  /* oxlint-enable require-yield */

  /** Its transaction is the lock. */
  *lock(): Steps<void> {}

  async read<Result>(work: () => Steps<Result>): Promise<Result> {
    return runToEnd(work());
  }

  getNow(sql: string, ...values: SqlValue[]): Row | undefined {
    try {
      return this.#prepared(sql).get(...values);
    } catch (error) {
      throw this.#refusalFor(error);
    }
  }

  allNow(sql: string, ...values: SqlValue[]): readonly Row[] {
    return this.#guarded(() => this.#prepared(sql).all(...values));
  }

  /** Outside of a transaction the change is durable at once. */
  runNow(sql: string, ...values: SqlValue[]): number {
    const isBeside = !this.#group.isWorking && !this.#isAlone;
    if (isBeside) this.#prepareToWrite();
    try {
      const { changes } = this.#prepared(sql).run(...values);
      if (isBeside) this.#log?.flushNow();
      return Number(changes);
    } catch (error) {
      throw this.#refusalFor(error);
    }
  }

  /** Runs several statements without caching them: for migrations and pragmas. */
  script(sql: string): void {
    this.#guarded(() => this.#connection.exec(sql));
  }

  /** Commits the work before it returns, or rolls it back when `work` throws. Must not be nested. */
  transaction<Result>(work: () => Result): Result {
    this.#prepareToWrite();
    this.#begin(this.#busyTimeoutMs);
    this.#isAlone = true;
    try {
      const result = this.#within(work);
      this.#guarded(() => this.#log?.flushNow());
      return result;
    } finally {
      this.#isAlone = false;
    }
  }

  /** Statements outside of a group wait at most so long for a lock while `work` runs. */
  waitingAtMost<Result>(ms: number, work: () => Result): Result {
    const usualMs = this.#busyTimeoutMs;
    this.#busyTimeoutMs = ms;
    try {
      return work();
    } finally {
      this.#busyTimeoutMs = usualMs;
    }
  }

  /**
   * As `transaction`, but group-commits all work of the same turn of the event loop, which costs one wait for the disk.
   * Resolves after the commit. Work that throws is rolled back and rejected alone. While another process locks the file,
   * the work waits without blocking the event loop.
   */
  commit<Result>(work: () => Steps<Result>, kind: WorkKind<Result> = {}): Promise<Result> {
    return this.#group.add(() => runToEnd(work()), kind);
  }

  /** Resolves when the work is done, before it is durable. */
  apply<Result>(work: () => Steps<Result>, kind: WorkKind<Result> = {}): Promise<Result> {
    return this.#group.add(() => runToEnd(work()), { ...kind, isApplied: true });
  }

  /** Looks at once, and applies at once what follows. */
  applyFound<Seen, Result>(
    look: () => Steps<Seen | undefined>,
    work: (seen: Seen) => Steps<Result>,
    kind: WorkKind<Result> = {},
  ): Promise<Result | undefined> {
    const seen = runToEnd(look());
    return seen === undefined ? Promise.resolve(undefined) : this.apply(() => work(seen), kind);
  }

  get changes(): number {
    return this.#changes;
  }

  get lostTransactions(): number {
    return this.#group.lost;
  }

  /** Throws and reports a refusal when the file is no longer where it was opened. */
  checkPlace(): void {
    this.#guarded(() => {
      if (!this.#isInPlace()) throw moved(this.path);
    });
  }

  /** Every statement used so far, to inspect their query plans. */
  get statements(): readonly string[] {
    return [...this.#statements.keys()];
  }

  [Symbol.dispose](): void {
    this.#group.finish();
    this.#log?.[Symbol.dispose]();
    this.#statements.clear();
    this.#controls.clear();
    // Closing copies the log into the database: not one of which nobody knows what the disk took. The next start reads it.
    if (!this.#connection.isOpen || this.#log?.failure !== undefined) return;
    this.#connection.close();
    this.#onClosed();
  }

  #within<Result>(work: () => Result): Result {
    try {
      const result = work();
      this.#control('COMMIT');
      return result;
    } catch (error) {
      // On a full disk SQLite rolls back by itself.
      if (this.#connection.isTransaction) this.#control('ROLLBACK');
      throw error;
    }
  }

  #inSavepoint<Result>(work: () => Result): Result {
    this.#control('SAVEPOINT alone');
    try {
      const result = work();
      this.#control('RELEASE alone');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.script('ROLLBACK TO alone; RELEASE alone');
      throw error;
    }
  }

  #prepared(sql: string): StatementSync {
    if (!sql.startsWith('SELECT')) this.#changes += 1;
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Begins, ends or undoes a transaction or a part of it. */
  #control(sql: string): void {
    this.#guarded(() => {
      const known = this.#controls.get(sql) ?? this.#connection.prepare(sql);
      this.#controls.set(sql, known);
      known.run();
    });
  }

  #begin(patienceMs: number): void {
    this.checkPlace();
    this.#repairLog();
    this.#waitForLocks(patienceMs);
    this.#control('BEGIN IMMEDIATE');
  }

  /** For a statement that is no part of the group: what was applied before is durable first. */
  #prepareToWrite(): void {
    this.#group.settle();
    this.checkPlace();
    this.#repairLog();
    this.#waitForLocks(this.#busyTimeoutMs);
  }

  #waitForLocks(ms: number): void {
    if (this.#waitsMs === ms) return;
    this.script(`PRAGMA busy_timeout = ${ms}`);
    this.#waitsMs = ms;
  }

  /** What was committed before a sync that failed is not built upon before it is read back and written. */
  #repairLog(): void {
    this.#guarded(() => this.#log?.repair((mode) => this.#prepared(`PRAGMA wal_checkpoint(${mode})`).get()));
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      return this.#refuse(error);
    }
  }

  #refuse(error: unknown): never {
    throw this.#refusalFor(error);
  }

  #refusalFor(error: unknown): unknown {
    const refusal = toStorageError(error, this.path);
    // A busy lock is not a refusal yet: the work may be retried.
    if (refusal instanceof StorageError && refusal.code !== 'busy') this.#onRefusal(refusal);
    return refusal;
  }
}
