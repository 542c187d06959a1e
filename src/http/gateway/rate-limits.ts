import type { Clock } from '../../kit/clock.ts';

type Bucket = { tokens: number; atMs: number };

const minuteMs = 60_000;
/** Binary fractions of calls that are summed up stay this little below a whole one, and far less. */
const roundingError = 1e-6;

/** The calls of each client in a minute: a token bucket that holds a minute's calls and fills evenly. */
export class RateLimits {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #buckets = new Map<number, Bucket>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Takes one call; when there is none, the milliseconds until there is. */
  take(client: number, perMinute: number): number {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(client) ?? { tokens: perMinute, atMs: nowMs };
    this.#buckets.set(client, bucket);
    bucket.tokens = Math.min(perMinute, bucket.tokens + ((nowMs - bucket.atMs) * perMinute) / minuteMs);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1 - roundingError) return ((1 - bucket.tokens) * minuteMs) / perMinute;
    bucket.tokens = Math.max(0, bucket.tokens - 1);
    return 0;
  }
}
