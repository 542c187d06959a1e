import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type Clock, systemClock } from '../../kit/clock.ts';
import { StorageError, toStorageError } from './storage-error.ts';
import { z } from 'zod';

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SQLOutputValue>>;

type Waiting = {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly askedUpMs: number;
};

/** So long a commit waits for a lock with everybody else at a standstill; then they may go on, and it tries again. */
const standstillMs = 20;
const tryAgainMs = 30;
/** Once somebody has waited in vain, nobody waits for longer than this until the lock is gone. */
const vainMs = 200;

export type ConnectionOptions = {
  /** How long a statement waits for another process that uses the file. */
  readonly busyTimeoutMs?: number;
  readonly clock?: Clock;
  /** Hears of every refusal that reaches somebody. */
  readonly onRefusal?: (error: StorageError) => void;
};

/** One open database: prepared statements kept, transactions whole, the machine's refusals as StorageError. */
export class Database implements Disposable {
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #waiting: Waiting[] = [];
  readonly #busyTimeoutMs: number;
  readonly #clock: Clock;
  readonly #onRefusal: (error: StorageError) => void;
  #nextTry: Disposable | undefined;
  #patienceMs: number;

  constructor(path: string, connection: DatabaseSync, options: ConnectionOptions = {}) {
    this.path = path;
    this.#connection = connection;
    this.#busyTimeoutMs = options.busyTimeoutMs ?? 0;
    this.#patienceMs = this.#busyTimeoutMs;
    this.#clock = options.clock ?? systemClock;
    this.#onRefusal = options.onRefusal ?? (() => undefined);
  }

  /** The first row, if there is one. */
  get(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.#guarded(() => this.#prepared(sql).get(...values));
  }

  all(sql: string, ...values: SqlValue[]): readonly Row[] {
    return this.#guarded(() => this.#prepared(sql).all(...values));
  }

  /** Answers how many rows changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#guarded(() => Number(this.#prepared(sql).run(...values).changes));
  }

  /** Several statements at once, not kept: for migrations and pragmas. */
  script(sql: string): void {
    this.#guarded(() => this.#connection.exec(sql));
  }

  /** Commits what `work` did before it answers, or undoes all of it when `work` throws. Not to be nested. */
  transaction<Result>(work: () => Result): Result {
    this.script('BEGIN IMMEDIATE');
    return this.#within(work);
  }

  #within<Result>(work: () => Result): Result {
    try {
      const result = work();
      this.script('COMMIT');
      return result;
    } catch (error) {
      // A full disk makes SQLite roll back by itself.
      if (this.#connection.isTransaction) this.script('ROLLBACK');
      throw error;
    }
  }

  /**
   * As `transaction`, but shares one commit, and so one wait for the disk, with everything else that is asked for in the
   * same turn of the event loop. Resolves after the commit; work that throws is undone alone and rejects alone. While
   * another process keeps the file the work waits, and nobody else does.
   */
  commit<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commitTogether());
      const askedUpMs = this.#clock.monotonicMs();
      this.#waiting.push({ work, resolve: resolve as (result: unknown) => void, reject, askedUpMs });
    });
  }

  /** Every statement used so far, for looking at their plans. */
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
      this.#begin(isLast ? this.#busyTimeoutMs : Math.min(standstillMs, this.#busyTimeoutMs));
      this.#patienceMs = this.#busyTimeoutMs;
    } catch (error) {
      return this.#afterLock(error, group, isLast);
    }
    try {
      const settle = this.#within(() => group.map((one) => this.#alone(one)));
      for (const emit of settle) emit();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** Who has waited long enough hears that the file is kept by somebody else; for the others it is tried again soon. */
  #afterLock(error: unknown, group: readonly Waiting[], isLast: boolean): void {
    const isBusy = error instanceof StorageError && error.code === 'busy';
    const sinceMonotonicMs = isBusy && !isLast ? this.#clock.monotonicMs() - this.#patienceMs : Infinity;
    const patient = group.filter(({ askedUpMs }) => askedUpMs > sinceMonotonicMs);
    if (patient.length > 0) {
      this.#waiting.unshift(...patient);
      this.#nextTry = this.#clock.schedule(tryAgainMs, () => {
        this.#nextTry = undefined;
        this.#commitTogether();
      });
    }
    if (patient.length === group.length) return;
    if (isBusy) this.#patienceMs = Math.min(vainMs, this.#busyTimeoutMs);
    if (error instanceof StorageError) this.#onRefusal(error);
    for (const { reject, askedUpMs } of group) if (askedUpMs <= sinceMonotonicMs) reject(error);
  }

  /** Does one piece of the group's work; answers how to tell about it once the group is committed. */
  #alone({ work, resolve, reject }: Waiting): () => void {
    this.script('SAVEPOINT alone');
    try {
      const result = work();
      this.script('RELEASE alone');
      return () => resolve(result);
    } catch (error) {
      // A full disk makes SQLite roll the whole transaction back by itself: then nobody's work is done.
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
    this.script(`PRAGMA busy_timeout = ${patienceMs}`);
    try {
      this.script('BEGIN IMMEDIATE');
    } finally {
      this.script(`PRAGMA busy_timeout = ${this.#busyTimeoutMs}`);
    }
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      const refusal = toStorageError(error, this.path);
      // Whoever waits for a lock has not been refused yet.
      if (refusal instanceof StorageError && refusal.code !== 'busy') this.#onRefusal(refusal);
      throw refusal;
    }
  }
}

/** Reads a row through its schema; the error names the table and the columns, never a value. */
export function parseRow<Schema extends z.ZodType>(table: string, schema: Schema, row: Row): z.output<Schema> {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const columns = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  const message = `Cannot read a row of "${table}": unexpected ${columns}; was it written by another version?`;
  throw new StorageError('unreadable-row', message, { cause: parsed.error });
}

/** Reads one whole number that a query answers under `name`; 0 when it answers nothing. */
export function numberOf(row: Row | undefined, name: string): number {
  return Number(row?.[name] ?? 0);
}

/** For `z.string().transform(fromJson)`: text that is not JSON becomes an issue of the schema instead of an exception. */
export function fromJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
}

/** Telegram may choose update ids anew after a quiet week; until then an id that comes again is the same update. */
export const rememberedMs = 7 * 86_400_000;
