import type { FakeClock } from './fake-clock.ts';

export type RateLimiter = {
  /** By how much the clock advances per step. */
  readonly stepMs?: number;
  /** The clock advances no further than this. */
  readonly atMostMs?: number;
};

/** Real time between two steps, for the network. */
const breathMs = 2;

/**
 * Advances the clock step by step until the promise settles, with a moment of real time after each step; settles as the
 * promise does.
 */
export async function passTime<Value>(
  clock: FakeClock,
  until: Promise<Value>,
  rateLimiter: RateLimiter = {},
): Promise<Value> {
  const { stepMs = 250, atMostMs = 3_600_000 } = rateLimiter;
  const lastMs = clock.now() + atMostMs;
  const settled = new AbortController();
  const settle = () => settled.abort();
  until.then(settle, settle);
  while (!settled.signal.aborted) {
    if (clock.now() >= lastMs) throw new Error(`Cannot wait longer: ${atMostMs} ms of the bot's time have passed`);
    await new Promise((resolve) => setTimeout(resolve, breathMs));
    if (!settled.signal.aborted) await clock.advance(stepMs);
  }
  return until;
}
