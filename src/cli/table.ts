import { paint, type Style, type Terminal } from './process-context.ts';

export type Cell = string | { readonly text: string; readonly style?: Style | undefined };
export type Column = {
  readonly title: string;
  readonly align?: 'right';
  /** Left out where the terminal is too narrow for all, the lowest number first; a column without one stays. */
  readonly givesWay?: number;
};

const gap = '  ';

/** Lines of a table whose columns are as wide as what stands in them; a person's terminal is not overrun. */
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
      const isCrowdedOut = room <= 0;
      room -= padded.length + gap.length;
      return isCrowdedOut ? [] : [paint(terminal, typeof cell === 'string' ? undefined : cell.style, cut)];
    });
    return cells.join(gap).trimEnd();
  });
}

/** The places of the columns for which there is room. */
function fitting(columns: readonly Column[], widths: readonly number[], room: number): readonly number[] {
  const shown = columns.map((_, index) => index);
  const giving = shown
    .filter((index) => columns[index]?.givesWay !== undefined)
    .toSorted((a, b) => (columns[a]?.givesWay ?? 0) - (columns[b]?.givesWay ?? 0));
  const taken = () => shown.reduce((sum, index) => sum + (widths[index] ?? 0) + gap.length, -gap.length);
  for (const index of giving) {
    if (taken() <= room) break;
    shown.splice(shown.indexOf(index), 1);
  }
  return shown;
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

/** How much something weighs, as people say it: `12 kB`, `3.4 MB`, `1.2 GB`. */
export function sizeWords(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1_000)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How long something takes, as people say it: `85 ms`, `3.2 s`, `12 min`, `5 h`, `3 days`. */
export function spanWords(ms: number): string {
  if (ms < secondMs) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 100 * secondMs) return `${(ms / secondMs).toFixed(1).replace(/\.0$/, '')} s`;
  if (ms < 100 * minuteMs) return `${Math.round(ms / minuteMs)} min`;
  if (ms < 48 * hourMs) return `${Math.round(ms / hourMs)} h`;
  return `${Math.round(ms / dayMs)} days`;
}

/** A wait in whole seconds at least: nobody plans in milliseconds. */
export function waitWords(ms: number): string {
  return ms < 100 * secondMs ? `${Math.max(0, Math.ceil(ms / secondMs))} s` : spanWords(ms);
}

/** `06:54:11 UTC (in 12 s)`; the day stands before it when it is another one. */
export function momentWords(atMs: number, nowMs: number): string {
  const iso = isoTime(atMs);
  const time = `${iso.slice(0, 10) === isoTime(nowMs).slice(0, 10) ? '' : `${iso.slice(0, 10)} `}${iso.slice(11, 19)} UTC`;
  return atMs > nowMs ? `${time} (in ${waitWords(atMs - nowMs)})` : `${time} (${waitWords(nowMs - atMs)} ago)`;
}

const lastDateMs = 8.64e15;

/** The moment in ISO 8601; one beyond the calendar is its end. */
export function isoTime(atMs: number): string {
  return new Date(Math.min(Math.max(atMs, 0), lastDateMs)).toISOString();
}
