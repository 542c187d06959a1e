type Call = { readonly atMs: number; readonly endedAtMs?: number };

/** The most calls that ran at once in any group; calls that have not ended run on. */
export function mostAtOnce<Each extends Call>(calls: readonly Each[], groupOf: (call: Each) => string): number {
  let most = 0;
  for (const [, ofGroup] of Map.groupBy(calls, groupOf)) {
    const steps = ofGroup
      .flatMap(({ atMs, endedAtMs = Infinity }) => [
        { ms: atMs, by: 1 },
        { ms: endedAtMs, by: -1 },
      ])
      // In one millisecond the calls that end make room for those that begin.
      .sort((one, other) => one.ms - other.ms || one.by - other.by);
    let running = 0;
    for (const { by } of steps) {
      running += by;
      most = Math.max(most, running);
    }
  }
  return most;
}
