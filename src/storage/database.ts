export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

/** A statement that its engine may have to wait for. */
export type Statement = {
  readonly want: 'get' | 'all' | 'run';
  readonly sql: string;
  readonly values: readonly SqlValue[];
};

/** Work on the database: yields each statement that has to be waited for, and is given what it returned. */
export type Steps<Result> = Generator<Statement, Result, unknown>;

export type WorkKind<Result = unknown> = {
  /** Resolves when the work is done, and not only when it is durable. */
  readonly isApplied?: true;
  /** It makes one change at most, and nothing throws once that is made: it needs no savepoint. */
  readonly isOneChange?: true;
  /**
   * Only the storage makes it throw once it has changed something: it needs no savepoint either. Where it does throw then,
   * the whole transaction is undone, as on a full disk.
   */
  readonly isPlain?: true;
  /**
   * Called with what the work returned once it will not be run again, which may be before it is durable: what is asked of the
   * database in there joins the transaction where that is still open.
   */
  readonly followedBy?: (result: Result) => void;
};

/**
 * What the stores need of an engine. A store function is a generator that is run within `read`, `commit` or `apply`; an
 * engine may run it again from its beginning, so it has no effect outside of the database.
 */
export type Database = {
  /** Returns the first row, if there is one. */
  get(sql: string, ...values: SqlValue[]): Steps<Row | undefined>;
  all(sql: string, ...values: SqlValue[]): Steps<readonly Row[]>;
  /** Returns how many rows changed. */
  run(sql: string, ...values: SqlValue[]): Steps<number>;
  /** Until the transaction ends nobody else goes on who locks the same name. */
  lock(name: string): Steps<void>;
  /** Runs the work outside of a transaction. */
  read<Result>(work: () => Steps<Result>): Promise<Result>;
  /** Resolves when the work is durable. Work that throws is undone and rejected. */
  commit<Result>(work: () => Steps<Result>, kind?: WorkKind<Result>): Promise<Result>;
  /**
   * As `commit`, but may resolve when the work is done and before it is durable: what is committed next is durable with it
   * or is lost with it. For results that nothing outside may learn of, or follow from, before such a commit.
   */
  apply<Result>(work: () => Steps<Result>, kind?: WorkKind<Result>): Promise<Result>;
  /** Applies the work to what `look` found; begins no transaction where it found nothing. What it saw may have changed since. */
  applyFound<Seen, Result>(
    look: () => Steps<Seen | undefined>,
    work: (seen: Seen) => Steps<Result>,
    kind?: WorkKind<Result>,
  ): Promise<Result | undefined>;
  /** Whether other processes write to it too. */
  readonly isShared: boolean;
  /** Grows with each statement that may have changed something: what was read at the same number still holds. */
  readonly changes: number;
  /** How many transactions were lost with what was applied in them, as on a full disk, since the database was opened. */
  readonly lostTransactions: number;
  /** The day of a moment, as the limits of this installation count it. */
  dayOf(nowMs: number): number;
};
