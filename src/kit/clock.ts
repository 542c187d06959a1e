import { setTimeout as sleepFor } from 'node:timers/promises';
import { type Deadline, deadlineBy } from './deadline.ts';

/** Time as the house sees it. Milliseconds everywhere. */
export type Clock = {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that really passed since some moment: goes on evenly when the machine's clock is set. */
  uptimeMs(): number;
  /** Rests for `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Aborts after `ms` with a TimeoutError, or with the parent's reason when that aborts first; dispose it when the work is done. */
  deadline(ms: number, parent?: AbortSignal): Deadline;
  /** Runs `task` once after `ms`; disposing before cancels it. Never keeps the process alive by itself. */
  schedule(ms: number, task: () => void): Disposable;
};

/** setTimeout takes at most 2^31 - 1 ms and fires at once beyond. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  uptimeMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleepFor(Math.min(ms, longestTimerMs), undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
  deadline: (ms, parent) => deadlineBy(schedule, ms, parent),
  schedule,
};

function schedule(ms: number, task: () => void): Disposable {
  // A timer is a Disposable by itself; an object around it would cost a call more than the timer does.
  return setTimeout(task, Math.min(Math.max(0, ms), longestTimerMs)).unref();
}

/** True when the signal was aborted because a deadline passed. */
export function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}
