import type { Measured, Span } from './measure.ts';

type Column = { readonly heading: string; readonly cell: (measured: Measured) => string | undefined };

const columns: readonly Column[] = [
  { heading: 'contender', cell: ({ contender }) => contender },
  { heading: 'answered', cell: ({ answeredShare }) => percent(answeredShare) },
  { heading: 'calls/request', cell: ({ callsPerRequest }) => callsPerRequest.toFixed(2) },
  { heading: 'p50', cell: ({ p50Ms }) => time(p50Ms) },
  { heading: 'p95', cell: ({ p95Ms }) => time(p95Ms) },
  { heading: 'wasted', cell: ({ wastedCalls }) => String(wastedCalls) },
  { heading: 'wrong', cell: ({ wrongPenalties }) => String(wrongPenalties) },
  { heading: 'left after', cell: ({ leftAfter }) => span(leftAfter) },
  { heading: 'back after', cell: ({ returnedAfter }) => span(returnedAfter) },
  { heading: 'full share', cell: ({ fullShareAfter }) => span(fullShareAfter) },
  { heading: 'probes', cell: ({ probesToReturn }) => probesToReturn?.toFixed(0) },
  { heading: 'seats used', cell: ({ ceilingShare }) => percent(ceilingShare) },
  { heading: 'refused', cell: ({ refusedForSeats }) => percent(refusedForSeats) },
];

/** What the headings of the table mean. */
export const legend = `answered       requests that ended with a result
calls/request  calls to the provider, for all requests
p50, p95       from asking to the result, of the requests that were answered
wasted         calls with a key that was at fault when they were made
wrong          penalties (rest, bench, mark, suspicion) for keys that were never at fault
left after     from the first wasted call with a key to the last before 30 calls in a row went elsewhere
back after     from the end of a fault to the first result with the key
full share     from the first sign that the key is well to its usual share of calls
probes         free probes between the end of the fault and that result
seats used     results against what all seats can carry, after the first 200 calls
refused        calls refused for want of a seat, after the first 200 calls
> 1.0 s        not by the end, which came 1.0 s later`;

/** One scenario's rows as lines of text; columns in which nothing was measured are left out. */
export function tableOf(rows: readonly Measured[]): string {
  const shown = columns
    .map(({ heading, cell }) => ({ heading, cells: rows.map(cell) }))
    .filter(({ cells }) => cells.some((cell) => cell !== undefined))
    .map(({ heading, cells }) => [heading, ...cells.map((cell) => cell ?? '–')]);
  const widths = shown.map((cells) => Math.max(...cells.map((cell) => cell.length)));
  return ['', ...rows]
    .map((_, row) => {
      const cells = shown.map((column, at) => {
        const cell = column[row] ?? '';
        const width = widths[at] ?? 0;
        return at === 0 ? cell.padEnd(width) : cell.padStart(width);
      });
      return `  ${cells.join('  ').trimEnd()}`;
    })
    .join('\n');
}

export function percent(share: number | undefined): string | undefined {
  return share === undefined ? undefined : `${Number((share * 100).toFixed(1))} %`;
}

export function time(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function span(value: Span | undefined): string | undefined {
  if (value === undefined) return undefined;
  return `${value.ended ? '' : '> '}${time(value.ms)}`;
}
