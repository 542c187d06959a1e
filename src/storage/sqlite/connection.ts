import { type BigIntStats, statSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type Clock, systemClock, utcDay } from '../../kit/clock.ts';
import { moved, StorageError, toStorageError } from './storage-error.ts';
import { z } from 'zod';

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SQLOutputValue>>;

type Waiting = {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly queuedMonotonicMs: number;
};

/** The longest time that a commit blocks the event loop for a lock; then it retries after a pause. */
const maxBlockMs = 20;
const lockRetryMs = 30;
/** After one work item has timed out on a lock, the others wait at most this long until the lock is free. */
const patienceAfterTimeoutMs = 200;

export type ConnectionOptions = {
  /** How long a statement waits for a lock of another process. */
  readonly busyTimeoutMs?: number;
  readonly clock?: Clock;
  /** The days in which limits count; those of UTC when absent. */
  readonly dayOf?: (nowMs: number) => number;
  /** Returns whether the file is still where it was opened; asked before each write. */
  readonly isInPlace?: () => boolean;
  /** Called for every refusal that is thrown to a caller. */
  readonly onRefusal?: (error: StorageError) => void;
};

/** One open database: caches prepared statements, runs transactions, and throws refusals as StorageError. */
export class Database implements Disposable {
  readonly path: string;
  /** The day of a moment, as the limits of this installation count it. */
  readonly dayOf: (nowMs: number) => number;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #waiting: Waiting[] = [];
  readonly #busyTimeoutMs: number;
  readonly #clock: Clock;
  readonly #onRefusal: (error: StorageError) => void;
  readonly #isInPlace: () => boolean;
  #nextTry: Disposable | undefined;
  #patienceMs: number;

  constructor(path: string, connection: DatabaseSync, options: ConnectionOptions = {}) {
    this.path = path;
    this.dayOf = options.dayOf ?? utcDay.dayOf;
    this.#connection = connection;
    this.#busyTimeoutMs = options.busyTimeoutMs ?? 0;
    this.#patienceMs = this.#busyTimeoutMs;
    this.#clock = options.clock ?? systemClock;
    this.#isInPlace = options.isInPlace ?? (() => true);
    this.#onRefusal = options.onRefusal ?? (() => undefined);
  }

  /** Returns the first row, if there is one. */
  get(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.#guarded(() => this.#prepared(sql).get(...values));
  }

  all(sql: string, ...values: SqlValue[]): readonly Row[] {
    return this.#guarded(() => this.#prepared(sql).all(...values));
  }

  /** Returns how many rows changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#guarded(() => {
      if (!this.#connection.isTransaction) this.#checkPlace();
      return Number(this.#prepared(sql).run(...values).changes);
    });
  }

  /** Runs several statements without caching them: for migrations and pragmas. */
  script(sql: string): void {
    this.#guarded(() => this.#connection.exec(sql));
  }

  /** Commits the work before it returns, or rolls it back when `work` throws. Must not be nested. */
  transaction<Result>(work: () => Result): Result {
    this.checkPlace();
    this.script('BEGIN IMMEDIATE');
    return this.#within(work);
  }

  #within<Result>(work: () => Result): Result {
    try {
      const result = work();
      this.script('COMMIT');
      return result;
    } catch (error) {
      // On a full disk SQLite rolls back by itself.
      if (this.#connection.isTransaction) this.script('ROLLBACK');
      throw error;
    }
  }

  /**
   * As `transaction`, but group-commits all work of the same turn of the event loop, which costs one wait for the disk.
   * Resolves after the commit. Work that throws is rolled back and rejected alone. While another process locks the file,
   * the work waits without blocking the event loop.
   */
  commit<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commitTogether());
      const queuedMonotonicMs = this.#clock.monotonicMs();
      this.#waiting.push({ work, resolve: resolve as (result: unknown) => void, reject, queuedMonotonicMs });
    });
  }

  /** Throws and reports a refusal when the file is no longer where it was opened. */
  checkPlace(): void {
    this.#guarded(() => this.#checkPlace());
  }

  /** Every statement used so far, to inspect their query plans. */
  get statements(): readonly string[] {
    return [...this.#statements.keys()];
  }

  [Symbol.dispose](): void {
    this.#nextTry?.[Symbol.dispose]();
    this.#nextTry = undefined;
    this.#commitTogether({ isLast: true });
    this.#statements.clear();
    if (this.#connection.isOpen) this.#connection.close();
  }

  #commitTogether({ isLast = false } = {}): void {
    if (this.#nextTry !== undefined) return;
    const group = this.#waiting.splice(0);
    if (group.length === 0) return;
    try {
      this.#begin(isLast ? this.#busyTimeoutMs : Math.min(maxBlockMs, this.#busyTimeoutMs));
      this.#patienceMs = this.#busyTimeoutMs;
    } catch (error) {
      return this.#afterLock(error, group, isLast);
    }
    try {
      const settle = this.#within(() => group.map((one) => this.#runInSavepoint(one)));
      for (const emit of settle) emit();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** Rejects work that has waited too long for the lock; retries the rest after a pause. */
  #afterLock(error: unknown, group: readonly Waiting[], isLast: boolean): void {
    const isBusy = error instanceof StorageError && error.code === 'busy';
    const sinceMonotonicMs = isBusy && !isLast ? this.#clock.monotonicMs() - this.#patienceMs : Infinity;
    const patient = group.filter(({ queuedMonotonicMs }) => queuedMonotonicMs > sinceMonotonicMs);
    if (patient.length > 0) {
      this.#waiting.unshift(...patient);
      this.#nextTry = this.#clock.schedule(lockRetryMs, () => {
        this.#nextTry = undefined;
        this.#commitTogether();
      });
    }
    if (patient.length === group.length) return;
    if (isBusy) this.#patienceMs = Math.min(patienceAfterTimeoutMs, this.#busyTimeoutMs);
    if (error instanceof StorageError) this.#onRefusal(error);
    for (const { reject, queuedMonotonicMs } of group) if (queuedMonotonicMs <= sinceMonotonicMs) reject(error);
  }

  /** Runs one work item of the group in a savepoint; returns a function that settles it after the commit. */
  #runInSavepoint({ work, resolve, reject }: Waiting): () => void {
    this.script('SAVEPOINT alone');
    try {
      const result = work();
      this.script('RELEASE alone');
      return () => resolve(result);
    } catch (error) {
      // On a full disk SQLite rolls back the whole transaction by itself: then the whole group fails.
      if (!this.#connection.isTransaction) throw error;
      this.script('ROLLBACK TO alone; RELEASE alone');
      return () => reject(error);
    }
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #begin(patienceMs: number): void {
    this.checkPlace();
    this.script(`PRAGMA busy_timeout = ${patienceMs}`);
    try {
      this.script('BEGIN IMMEDIATE');
    } finally {
      this.script(`PRAGMA busy_timeout = ${this.#busyTimeoutMs}`);
    }
  }

  #checkPlace(): void {
    if (!this.#isInPlace()) throw moved(this.path);
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      const refusal = toStorageError(error, this.path);
      // A busy lock is not a refusal yet: the work may be retried.
      if (refusal instanceof StorageError && refusal.code !== 'busy') this.#onRefusal(refusal);
      throw refusal;
    }
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

/**
 * Returns a check whether the files of the open database are still where they were. A file that was moved, deleted or
 * replaced is still written to by this process, and whatever goes there is lost with it.
 */
export function inPlaceCheck(path: string): () => boolean {
  const opened = look(path);
  let walOpened: BigIntStats | undefined;
  return () => {
    if (!isSame(opened, look(path))) return false;
    const wal = look(`${path}-wal`);
    walOpened ??= wal;
    return isSame(walOpened, wal);
  };
}

/** Some file systems give a file another number while it is open: its birth has to differ too. */
function isSame(before: BigIntStats | undefined, now: BigIntStats | undefined): boolean {
  if (before === undefined) return true;
  if (now === undefined) return false;
  return (before.ino === now.ino && before.dev === now.dev) || before.birthtimeNs === now.birthtimeNs;
}

function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    // The folder cannot be searched: the write itself says why.
    return undefined;
  }
}
