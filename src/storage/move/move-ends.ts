import type { TableName } from '../postgres/schema-tables.ts';
import type { MovedRow, MovedTable, RowKey } from './moved-table.ts';

/** The numbers that were last given to rows of these tables, in digits; none is given twice. */
export type LastNumbers = ReadonlyMap<TableName, string>;

/** A database that is read: nothing in it changes. */
export type MoveSource = {
  /** What messages call it. */
  readonly place: string;
  countRows(table: MovedTable): Promise<number>;
  /** The rows that follow this key, or the first ones, in the order of the key. */
  rowsAfter(table: MovedTable, key: RowKey | undefined, limit: number): Promise<readonly MovedRow[]>;
  lastNumbers(tables: readonly MovedTable[]): Promise<LastNumbers>;
  /** Throws a StorageError where somebody has begun to use the database. */
  refuseUse(): Promise<void>;
};

/** How far a table has been copied. */
export type TableProgress = {
  readonly lastKey: RowKey | undefined;
  readonly rows: number;
};

/** A database that is filled. */
export type MoveTarget = MoveSource & {
  /** What an earlier move that was interrupted has copied; empty at a first one. */
  progress(): Promise<ReadonlyMap<TableName, TableProgress>>;
  /** Keeps the rows and how far the table is, in one transaction. */
  keep(table: MovedTable, rows: readonly MovedRow[], progress: TableProgress): Promise<void>;
  /** Removes what was copied. */
  startOver(tables: readonly MovedTable[]): Promise<void>;
  /** The next row of each table gets a number above these; from now on the database may be used. */
  finish(tables: readonly MovedTable[], numbers: LastNumbers): Promise<void>;
};
