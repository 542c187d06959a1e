import type { FakeClock } from './fake-clock.ts';

export type Pace = {
  /** How far the clock moves at a time. */
  readonly stepMs?: number;
  /** The clock moves no further than this. */
  readonly atMostMs?: number;
};

/** Room for the network between two steps of the clock. */
const breathMs = 2;

/** Moves the clock on, with a breath of real time after each step, until the promise settles; answers what it does. */
export async function passTime<Value>(clock: FakeClock, until: Promise<Value>, pace: Pace = {}): Promise<Value> {
  const { stepMs = 250, atMostMs = 3_600_000 } = pace;
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
