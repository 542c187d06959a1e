/** The timeout is derived from latency only after this many measured calls. */
const minSamples = 20;

export type TimeoutFacts = {
  readonly capMs: number;
  readonly leftMs: number;
  readonly latency: { readonly samples: number; readonly p99Ms: number } | undefined;
  /** The job has timed out before: its model may be starting cold, so the full cap applies. */
  readonly hasTimedOut: boolean;
};

/** The timeout of one call, in milliseconds: three times the p99 latency, at least a quarter of the configured cap. */
export function attemptTimeoutMs({ capMs, leftMs, latency, hasTimedOut }: TimeoutFacts): number {
  const isKnown = latency !== undefined && latency.samples >= minSamples && !hasTimedOut;
  const patienceMs = isKnown ? Math.max(capMs / 4, 3 * latency.p99Ms) : capMs;
  return Math.min(capMs, patienceMs, leftMs);
}
