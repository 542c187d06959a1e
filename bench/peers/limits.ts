export const model = 'bench-model';

/** How long everybody waits, so that a hanging key or peer cannot hold up the whole benchmark. */
export const limits = {
  /** For one call with one key. */
  callMs: 3_000,
  /** For one request, whatever happens behind it. */
  requestMs: 15_000,
  /** After so long no further request is made. */
  rowMs: 8_000,
} as const;
