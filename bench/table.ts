import { type Figure, ratioOf } from './figure.ts';

const headings = ['what', 'Darkroom', 'rival', 'ratio', 'unit', 'better', 'rival is'];
const numeric = new Set([1, 2, 3]);

/** The figures as lines of text, numbers under numbers. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { what, app, rival, unit, better } = figure;
    const ratio = ratioOf(figure);
    return [
      what,
      short(app),
      rival === undefined ? '' : short(rival.value),
      ratio === undefined ? '' : `${ratio.toFixed(2)}x`,
      unit,
      better,
      rival?.name ?? '',
    ];
  });
  const widths = headings.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (numeric.has(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [lineOf(headings), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(lineOf)].join('\n');
}

function short(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(value < 1 ? 3 : value < 100 ? 2 : 0);
}
