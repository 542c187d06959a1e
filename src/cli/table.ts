import { paint, type Style, type Terminal } from './terminal.ts';

export type Cell = string | { readonly text: string; readonly style?: Style | undefined };
export type Column = { readonly title: string; readonly align?: 'right' };

const gap = '  ';

/** Lines of a table whose columns are as wide as what stands in them; a person's terminal is not overrun. */
export function table(terminal: Terminal, columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const head: readonly Cell[] = columns.map(({ title }) => ({ text: title, style: 'dim' as const }));
  const widths = columns.map((_, index) =>
    Math.max(0, ...[head, ...rows].map((row) => textOf(row[index] ?? '').length)),
  );
  return [head, ...rows].map((row) => {
    let room = terminal.isTty ? terminal.columns : Number.POSITIVE_INFINITY;
    const cells = columns.flatMap(({ align }, index) => {
      const cell = row[index] ?? '';
      const width = widths[index] ?? 0;
      const isLast = index === columns.length - 1;
      const text = textOf(cell);
      const padded = align === 'right' ? text.padStart(width) : isLast ? text : text.padEnd(width);
      const shown = padded.slice(0, Math.max(0, room));
      room -= padded.length + gap.length;
      return shown === '' ? [] : [paint(terminal, typeof cell === 'string' ? undefined : cell.style, shown)];
    });
    return cells.join(gap).trimEnd();
  });
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
