import { primaryKeys, type TableName } from '../postgres/schema-tables.ts';
import { openDatabase } from '../sqlite/database.ts';

/** A table that both engines have: what is moved of it, and the key by which it is walked. */
export type MovedTable = {
  readonly name: TableName;
  /** Without those that are computed, and without those that only PostgreSQL has. */
  readonly columns: readonly { readonly name: string; readonly isInteger: boolean }[];
  readonly key: readonly string[];
};

/** A value as both engines hold it: integers in digits, texts as PostgreSQL keeps them. */
export type Cell = string | null;
/** In the order of the columns. */
export type MovedRow = readonly Cell[];
/** The values of the key columns of a row. */
export type RowKey = readonly string[];

/** Counts waiting jobs as they are added, in tables that no engine shares; what other triggers would add is copied. */
export const countingTrigger = 'jobs_waits_from_birth';

/** Other tables refer to their rows: they are filled first. */
const referred: readonly TableName[] = ['payments', 'broadcasts'];

/** Every table of this version, in an order in which they can be filled. */
export function movedTables(): readonly MovedTable[] {
  using fresh = openDatabase({ path: ':memory:' });
  const others = (Object.keys(primaryKeys) as TableName[]).filter((name) => !referred.includes(name));
  return [...referred, ...others].map((name) => ({
    name,
    columns: fresh
      .allNow(`SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid`, name)
      .map((row) => ({ name: String(row['name']), isInteger: row['type'] === 'INTEGER' })),
    key: primaryKeys[name],
  }));
}

export function keyOf(table: MovedTable, row: MovedRow): RowKey {
  return table.key.map((name) => String(row[table.columns.findIndex((column) => column.name === name)]));
}

/** `"seq", "id"`. */
export function quotedNames(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** The condition and the order in which a table is walked, with a parameter for each key column. */
export function walking(table: MovedTable, parameters: readonly string[], isFirst: boolean): string {
  const key = quotedNames(table.key);
  return `${isFirst ? '' : `WHERE (${key}) > (${parameters.join(', ')}) `}ORDER BY ${key}`;
}
