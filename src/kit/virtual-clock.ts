import { type Clock, deadlineBy } from './clock.ts';

type Timer = { atMs: number; run: () => void };

export type VirtualClock = Clock & {
  /** Advances time and runs the timers that come due, in order. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock while no time passes: timers keep their delay. */
  jump(byMs: number): void;
  /** The number of pending timers. */
  readonly pending: number;
};

/** The disk keeps a time of its own. What it has not done by then is not waited for: a test may let it hang. */
const patienceMs = 200;

/** Lets pending work finish, also where each step takes a turn of the event loop (a read) or waits for the disk (a commit). */
const breathe = async () => {
  const untilMs = performance.now() + patienceMs;
  do {
    for (let turn = 0; turn < 8; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  } while (hasFileUnderWay() && performance.now() < untilMs);
};

/** Names as Node has them: https://nodejs.org/api/process.html#processgetactiveresourcesinfo */
function hasFileUnderWay(): boolean {
  return process.getActiveResourcesInfo().some((name) => name === 'FSReqCallback' || name === 'FSReqPromise');
}

/** The timer that is due first; of several, the one that was set first. */
function nextTimer(timers: ReadonlySet<Timer>): Timer | undefined {
  let soonest: Timer | undefined;
  for (const timer of timers) if (soonest === undefined || timer.atMs < soonest.atMs) soonest = timer;
  return soonest;
}

/**
 * A clock that moves only by `advance`: for tests and simulations. `settle` resolves when the work of the present moment
 * is done.
 */
export function virtualClock(startMs = Date.UTC(2026, 0, 1), settle: () => Promise<void> = breathe): VirtualClock {
  let nowMs = startMs;
  let jumpedMs = 0;
  const timers = new Set<Timer>();
  const schedule = (ms: number, run: () => void): Disposable => {
    const timer: Timer = { atMs: nowMs + Math.max(0, ms), run };
    timers.add(timer);
    return { [Symbol.dispose]: () => void timers.delete(timer) };
  };
  return {
    now: () => nowMs + jumpedMs,
    monotonicMs: () => nowMs - startMs,
    jump: (byMs) => {
      jumpedMs += byMs;
    },
    schedule,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        const onAbort = () => {
          timer[Symbol.dispose]();
          reject(signal.reason as Error);
        };
        const timer = schedule(ms, () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        });
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    deadline: (ms, parent) => deadlineBy(schedule, ms, parent),
    get pending() {
      return timers.size;
    },
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        await settle();
        const next = nextTimer(timers);
        if (next === undefined || next.atMs > untilMs) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
      }
      nowMs = untilMs;
      await settle();
    },
  };
}
