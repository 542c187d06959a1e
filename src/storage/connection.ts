import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { toStorageError } from './storage-error.ts';

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, SQLOutputValue>>;

type Waiting = {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/** One open database: prepared statements kept, transactions whole, the machine's refusals as StorageError. */
export class Database implements Disposable {
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #waiting: Waiting[] = [];

  constructor(path: string, connection: DatabaseSync) {
    this.path = path;
    this.#connection = connection;
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
   * same turn of the event loop. Resolves after the commit; work that throws is undone alone and rejects alone.
   */
  commit<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commitTogether());
      this.#waiting.push({ work, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Every statement used so far, for looking at their plans. */
  get statements(): readonly string[] {
    return [...this.#statements.keys()];
  }

  [Symbol.dispose](): void {
    this.#commitTogether();
    this.#statements.clear();
    if (this.#connection.isOpen) this.#connection.close();
  }

  #commitTogether(): void {
    const group = this.#waiting.splice(0);
    if (group.length === 0) return;
    try {
      const settle = this.transaction(() => group.map((one) => this.#alone(one)));
      for (const tell of settle) tell();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
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

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw toStorageError(error, this.path);
    }
  }
}
