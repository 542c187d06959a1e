import type { Check } from './check.ts';

const headings = ['', 'what', 'found', 'promised'] as const;

/** The checks as lines of text, one below the other. */
export function checkTable(checks: readonly Check[]): string {
  const rows = checks.map(({ what, found, wanted, holds }) => [
    wanted === '' ? 'info' : holds ? 'holds' : 'BROKEN',
    what,
    String(found),
    wanted,
  ]);
  const widths = headings.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 2 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(headings), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
