/** So many calls have to be measured before their slowest say how long to wait for one. */
const enoughSamples = 20;

export type TimeoutFacts = {
  /** The longest that one call may take. */
  readonly capMs: number;
  /** What is left of the job's deadline. */
  readonly leftMs: number;
  readonly latency: { readonly samples: number; readonly p99Ms: number } | undefined;
  /** The job has timed out before: its model may be starting cold, and gets all the time there is. */
  readonly hasTimedOut: boolean;
};

/** How long one call may take: three times what all but the slowest take, a quarter of the cap at least. */
export function attemptTimeoutMs({ capMs, leftMs, latency, hasTimedOut }: TimeoutFacts): number {
  const isKnown = latency !== undefined && latency.samples >= enoughSamples && !hasTimedOut;
  const patienceMs = isKnown ? Math.max(capMs / 4, 3 * latency.p99Ms) : capMs;
  return Math.min(capMs, patienceMs, leftMs);
}
