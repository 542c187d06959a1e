import { paint, type Style, type Terminal } from './process-context.ts';

export type Cell = string | { readonly text: string; readonly style?: Style | undefined };
export type Column = {
  readonly title: string;
  readonly align?: 'right';
  /** Columns with a number are left out where the terminal is too narrow, the lowest number first. */
  readonly dropOrder?: number;
};

const gap = '  ';

/** The lines of a table; no wider than a person's terminal. */
export function table(terminal: Terminal, columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const head: readonly Cell[] = columns.map(({ title }) => ({ text: title, style: 'dim' as const }));
  const all = [head, ...rows];
  const widths = columns.map((_, index) => Math.max(0, ...all.map((row) => textOf(row[index] ?? '').length)));
  const roomAll = terminal.isTty ? terminal.columns : Number.POSITIVE_INFINITY;
  const shown = fitting(columns, widths, roomAll);
  return all.map((row) => {
    let room = roomAll;
    const cells = shown.flatMap((index) => {
      const cell = row[index] ?? '';
      const width = widths[index] ?? 0;
      const text = textOf(cell);
      const isLast = index === shown.at(-1);
      const padded = columns[index]?.align === 'right' ? text.padStart(width) : isLast ? text : text.padEnd(width);
      const cut = padded.length <= room ? padded : `${padded.slice(0, Math.max(0, room - 1))}…`;
      const isBeyondEdge = room <= 0;
      room -= padded.length + gap.length;
      return isBeyondEdge ? [] : [paint(terminal, typeof cell === 'string' ? undefined : cell.style, cut)];
    });
    return cells.join(gap).trimEnd();
  });
}

/** The indexes of the columns that fit. */
function fitting(columns: readonly Column[], widths: readonly number[], room: number): readonly number[] {
  const shown = columns.map((_, index) => index);
  const droppable = shown
    .filter((index) => columns[index]?.dropOrder !== undefined)
    .toSorted((a, b) => (columns[a]?.dropOrder ?? 0) - (columns[b]?.dropOrder ?? 0));
  const taken = () => shown.reduce((sum, index) => sum + (widths[index] ?? 0) + gap.length, -gap.length);
  for (const index of droppable) {
    if (taken() <= room) break;
    shown.splice(shown.indexOf(index), 1);
  }
  return shown;
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

/** Spreadsheets take a cell that begins so for a formula; names of models and keys are other people's words. */
const formulaStart = /^[=+\-@\t\r]/;
const plainNumber = /^-?\d+(?:\.\d+)?$/;

/** One row of CSV (RFC 4180), with cells that a spreadsheet would calculate made text by an apostrophe. */
export function csvLine(cells: readonly string[]): string {
  const safe = cells.map((cell) => (formulaStart.test(cell) && !plainNumber.test(cell) ? `'${cell}` : cell));
  return `${safe.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`;
}
