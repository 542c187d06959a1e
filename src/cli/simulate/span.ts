/** How long something took; when it had not ended as the calls did, how long it had lasted by then. */
export type Span = { readonly ms: number; readonly ended: boolean };

/** The one that ended last; one that did not end is longer than all that did. */
export function longest(spans: readonly Span[]): Span {
  return spans.reduce((long, span) => (rank(span) > rank(long) ? span : long), { ms: 0, ended: true });
}

function rank({ ms, ended }: Span): number {
  return ended ? ms : ms + Number.MAX_SAFE_INTEGER / 2;
}
