import { createHash } from 'node:crypto';
import { StorageError } from '../storage-error.ts';
import type { TableName } from '../postgres/schema-tables.ts';
import type { MoveSource, MoveTarget } from './move-ends.ts';
import { keyOf, type MovedRow, type MovedTable, movedTables } from './moved-table.ts';

const rowsPerPage = 500;

export type MoveStep = {
  readonly doing: 'copying' | 'checking';
  readonly table: TableName;
  /** Rows done in this step, of all tables. */
  readonly done: number;
  readonly rows: number;
};

export type MoveOptions = {
  readonly from: MoveSource;
  readonly to: MoveTarget;
  readonly onStep: (step: MoveStep) => void;
  /** Aborts between two pages; what was copied until then stays, and the next move goes on from there. */
  readonly signal: AbortSignal;
  /** The rows of a page; tests make it small. */
  readonly pageRows?: number;
};

export type CheckedTable = {
  readonly table: TableName;
  readonly rows: number;
  /** Of the rows in their order, in hexadecimal: the same on both sides. */
  readonly sha256: string;
};

export type MoveReport = {
  readonly rows: number;
  /** Rows that an interrupted move had copied before. */
  readonly resumedFrom: number;
  readonly tables: readonly CheckedTable[];
};

/**
 * Copies every table from one database into another, page by page in the order of its key, and compares both row by row
 * before the copy may be used. A move that was interrupted goes on where it stopped; where the source has changed since, it
 * starts over by itself. Throws a StorageError; the source is never changed.
 */
export async function moveDatabase(options: MoveOptions): Promise<MoveReport> {
  const { from, to } = options;
  const tables = movedTables();
  const before = await to.progress();
  const resumedFrom = [...before.values()].reduce((sum, { rows }) => sum + rows, 0);
  let rows = await copyTables(options, tables);
  let checked = await compareTables(options, tables, rows);
  if (checked.kind === 'differs' && resumedFrom > 0) {
    await to.startOver(tables);
    rows = await copyTables(options, tables);
    checked = await compareTables(options, tables, rows);
  }
  if (checked.kind === 'differs') {
    await to.startOver(tables);
    throw new StorageError(
      'in-the-way',
      `Cannot move into ${to.place}: ${checked.how}; what was copied is removed again, make sure that nobody writes to either database and run it once more`,
    );
  }
  // A process that began meanwhile has read or written what was copied before.
  await from.refuseUse();
  await to.refuseUse();
  await to.finish(tables, await from.lastNumbers(tables));
  return { rows, resumedFrom, tables: checked.tables };
}

/** Returns how many rows the source has. */
async function copyTables(
  { from, to, onStep, signal, pageRows = rowsPerPage }: MoveOptions,
  tables: readonly MovedTable[],
): Promise<number> {
  let rows = 0;
  for (const table of tables) rows += await from.countRows(table);
  const progress = await to.progress();
  let done = 0;
  for (const table of tables) {
    let { lastKey, rows: copied } = progress.get(table.name) ?? { lastKey: undefined, rows: 0 };
    for (;;) {
      signal.throwIfAborted();
      const page = await from.rowsAfter(table, lastKey, pageRows);
      const last = page.at(-1);
      if (last === undefined) break;
      lastKey = keyOf(table, last);
      copied += page.length;
      await to.keep(table, page, { lastKey, rows: copied });
      onStep({ doing: 'copying', table: table.name, done: done + copied, rows });
    }
    done += copied;
  }
  return rows;
}

type Compared =
  | { readonly kind: 'same'; readonly tables: readonly CheckedTable[] }
  /** Names table, row and column, never a value. */
  | { readonly kind: 'differs'; readonly how: string };

async function compareTables(
  { from, to, onStep, signal, pageRows = rowsPerPage }: MoveOptions,
  tables: readonly MovedTable[],
  rows: number,
): Promise<Compared> {
  const checked: CheckedTable[] = [];
  let done = 0;
  for (const table of tables) {
    const hash = createHash('sha256');
    let count = 0;
    let key: readonly string[] | undefined;
    for (;;) {
      signal.throwIfAborted();
      const [ours, theirs] = await Promise.all([
        from.rowsAfter(table, key, pageRows),
        to.rowsAfter(table, key, pageRows),
      ]);
      for (const [index, row] of ours.entries()) {
        const how = differenceOf(table, row, theirs[index]);
        if (how !== undefined)
          return { kind: 'differs', how: `row ${count + index + 1} of table "${table.name}" ${how}` };
        hash.update(rowBytes(row));
      }
      if (theirs.length > ours.length) {
        return { kind: 'differs', how: `table "${table.name}" has more than ${count + ours.length} rows there` };
      }
      const last = ours.at(-1);
      if (last === undefined) break;
      key = keyOf(table, last);
      count += ours.length;
      onStep({ doing: 'checking', table: table.name, done: done + count, rows });
    }
    done += count;
    checked.push({ table: table.name, rows: count, sha256: hash.digest('hex') });
  }
  return { kind: 'same', tables: checked };
}

function differenceOf(table: MovedTable, ours: MovedRow, theirs: MovedRow | undefined): string | undefined {
  if (theirs === undefined) return 'is missing there';
  const column = table.columns.find((_, index) => ours[index] !== theirs[index]);
  return column === undefined ? undefined : `differs in "${column.name}"`;
}

/** Every cell with its length before it, so that two rows of one text are two. */
function rowBytes(row: MovedRow): string {
  return row.map((cell) => (cell === null ? '-;' : `${cell.length}:${cell};`)).join('');
}
