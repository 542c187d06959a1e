import type { Clock } from './clock.ts';

/** Waits for the work, but no longer than `ms`. */
export async function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  await Promise.race([work, clock.sleep(ms, patience.signal).catch(() => undefined)]);
  patience.abort();
}
