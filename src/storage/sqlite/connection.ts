import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type Clock, systemClock, utcDay } from '../../kit/clock.ts';
import { GroupCommit, type WorkKind } from './group-commit.ts';
import { inPlaceCheck, type WriteAheadLog } from './write-ahead-log.ts';
import { moved, StorageError, toStorageError } from './storage-error.ts';
import { z } from 'zod';

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SQLOutputValue>>;

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
export class Database implements Disposable {
  readonly path: string;
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

  /** Returns the first row, if there is one. */
  get(sql: string, ...values: SqlValue[]): Row | undefined {
    try {
      return this.#prepared(sql).get(...values);
    } catch (error) {
      throw this.#refusalFor(error);
    }
  }

  all(sql: string, ...values: SqlValue[]): readonly Row[] {
    return this.#guarded(() => this.#prepared(sql).all(...values));
  }

  /** Returns how many rows changed. Outside of a transaction the change is durable at once. */
  run(sql: string, ...values: SqlValue[]): number {
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
  commit<Result>(work: () => Result, kind: WorkKind = {}): Promise<Result> {
    return this.#group.add(work, kind);
  }

  /**
   * As `commit`, but resolves when the work is done and before it is durable: what is committed next is durable with it
   * or is lost with it. For results that nothing outside may learn of, or follow from, before such a commit.
   */
  apply<Result>(work: () => Result, kind: WorkKind = {}): Promise<Result> {
    return this.#group.add(work, { ...kind, isApplied: true });
  }

  /** Grows with each statement that may have changed something: what was read at the same number still holds. */
  get changes(): number {
    return this.#changes;
  }

  /** How many transactions were lost with what was applied in them, as on a full disk, since the file was opened. */
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

/** Parses a row with its schema; the StorageError names the table and the columns, never a value. */
export function parseRow<Schema extends z.ZodType>(table: string, schema: Schema, row: Row): z.output<Schema> {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const columns = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  const message = `Cannot read a row of "${table}": unexpected ${columns}; was it written by another version?`;
  throw new StorageError('unreadable-row', message, { cause: parsed.error });
}

/** Reads the number in column `name` of a row; 0 when there is none. */
export function numberOf(row: Row | undefined, name: string): number {
  return Number(row?.[name] ?? 0);
}

/** For `z.string().transform(fromJson)`: reports text that is not JSON as an issue of the schema. */
export function fromJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
}

/** Telegram may restart its update ids after a week without updates; until then a repeated id is the same update. */
export const rememberedMs = 7 * 86_400_000;
