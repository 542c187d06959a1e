import { setTimeout as sleepFor } from 'node:timers/promises';

/** A signal that aborts by itself; a disposed one never aborts and keeps no timer. */
type Deadline = AbortSignal & Disposable;

/** The deadline of a clock that can `schedule`: aborts after `ms` with a TimeoutError, or as its parent does. */
export function deadlineBy(
  schedule: (ms: number, task: () => void) => Disposable,
  ms: number,
  parent?: AbortSignal,
): Deadline {
  const abort = new AbortController();
  const end = (reason: unknown) => {
    release();
    abort.abort(reason);
  };
  const passOn = () => end(parent?.reason);
  const timer = schedule(ms, () => end(new DOMException('The deadline has passed', 'TimeoutError')));
  const release = () => {
    timer[Symbol.dispose]();
    parent?.removeEventListener('abort', passOn);
  };
  if (parent?.aborted === true) passOn();
  else parent?.addEventListener('abort', passOn, { once: true });
  return Object.assign(abort.signal, { [Symbol.dispose]: release });
}

/** The source of time for the whole app. Milliseconds everywhere. */
export type Clock = {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since some moment; unaffected when the machine's clock is set. */
  monotonicMs(): number;
  /** Waits for `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Aborts after `ms` with a TimeoutError, or with the parent's reason when that aborts first; dispose it when the work is done. */
  deadline(ms: number, parent?: AbortSignal): Deadline;
  /** Runs `task` once after `ms`; disposing before cancels it. Never keeps the process alive by itself. */
  schedule(ms: number, task: () => void): Disposable;
};

/** setTimeout takes at most 2^31 - 1 ms and fires at once beyond. */
const maxTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleepFor(Math.min(ms, maxTimerMs), undefined, { signal });
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
  return setTimeout(task, Math.min(Math.max(0, ms), maxTimerMs)).unref();
}

/** True when the signal was aborted because a deadline passed. */
export function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

/** How long a call may take to end after its signal aborted. */
const stopPatienceMs = 30_000;

/** A call that did not end after its signal aborted; the caller stops waiting for it. */
export class StopTimeoutError extends Error {
  constructor() {
    super(`The call still ran ${stopPatienceMs / 1_000} s after its signal aborted`);
    this.name = 'StopTimeoutError';
  }
}

/**
 * The deadline of one call. Its signal aborts after `ms` with a TimeoutError, or with the parent's reason; a call that
 * does not end after that is abandoned. It uses one timer and one listener, because every call pays for them; disposing
 * it removes both.
 */
export class CallDeadline implements Disposable {
  readonly #abort = new AbortController();
  readonly #parent: AbortSignal;
  readonly #clock: Clock;
  readonly #passOn = () => this.#end(this.#parent.reason);
  #timer: Disposable;
  #leave: ((error: StopTimeoutError) => void) | undefined;

  constructor(ms: number, parent: AbortSignal, clock: Clock) {
    this.#parent = parent;
    this.#clock = clock;
    this.#timer = clock.schedule(ms, () => {
      this.#end(new DOMException(`The call took longer than ${Math.round(ms)} ms`, 'TimeoutError'));
    });
    if (parent.aborted) this.#passOn();
    else parent.addEventListener('abort', this.#passOn);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Returns the call's result; throws a StopTimeoutError when the call runs 30 s past the abort. */
  answerOf<Answer>(call: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#leave = reject;
      call.then(resolve, reject);
    });
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#parent.removeEventListener('abort', this.#passOn);
  }

  #end(reason: unknown): void {
    if (this.signal.aborted) return;
    this.#timer[Symbol.dispose]();
    this.#timer = this.#clock.schedule(stopPatienceMs, () => this.#leave?.(new StopTimeoutError()));
    this.#abort.abort(reason);
  }
}

/** Waits for the work, but no longer than `ms`. */
export async function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  await Promise.race([work, clock.sleep(ms, patience.signal).catch(() => undefined)]);
  patience.abort();
}

/** Runs `task` every `ms`, for the first time after `ms`, until it is disposed. */
export function every(clock: Clock, ms: number, task: () => void): Disposable {
  let next: Disposable | undefined;
  let over = false;
  const schedule = () => {
    next = clock.schedule(ms, () => {
      task();
      if (!over) schedule();
    });
  };
  schedule();
  return {
    [Symbol.dispose]: () => {
      over = true;
      next?.[Symbol.dispose]();
    },
  };
}

/** A clock whose `now` runs evenly when the machine's clock is set, and follows it when `shift` is called. */
export type SteadyClock = Clock & { shift(byMs: number): void };

export function steadyClock(clock: Clock): SteadyClock {
  let aheadMs = clock.now() - clock.monotonicMs();
  return {
    now: () => Math.round(clock.monotonicMs() + aheadMs),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    deadline: (ms, parent) => clock.deadline(ms, parent),
    schedule: (ms, task) => clock.schedule(ms, task),
    shift: (byMs) => {
      aheadMs += byMs;
    },
  };
}

/**
 * The pool's time: milliseconds since 1970 that run evenly when the machine's clock is set, and follow it when `shift` is
 * called, so that no cooldown ends by a jump.
 */
export class PoolClock {
  readonly #clock: Clock;
  #aheadMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#aheadMs = clock.now() - clock.monotonicMs();
  }

  /** For durations, which are never stored. */
  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  /** Milliseconds since 1970 at `monotonicMs`. */
  wallMs(monotonicMs: number = this.#clock.monotonicMs()): number {
    return Math.round(monotonicMs + this.#aheadMs);
  }

  shift(byMs: number): void {
    this.#aheadMs += byMs;
  }
}

/** Returns a function that returns by how many ms the machine's clock was set since the previous call. */
export function clockJumps(clock: Clock): () => number {
  let aheadMs = clock.now() - clock.monotonicMs();
  return () => {
    const beforeMs = aheadMs;
    aheadMs = clock.now() - clock.monotonicMs();
    return aheadMs - beforeMs;
  };
}

const dayMs = 86_400_000;
/** Days begin, and clocks are changed, at a quarter of an hour in every zone. */
const stepMs = 900_000;

/** Counts days as people of a time zone do. */
export type CalendarDay = {
  readonly zone: string;
  /** The day of a moment, counted since 1970. */
  readonly dayOf: (nowMs: number) => number;
  /** When the day after that of the moment begins. */
  readonly nextDayMs: (nowMs: number) => number;
};

const utcDayOf = (nowMs: number) => Math.floor(nowMs / dayMs);

/** The days of UTC. */
export const utcDay: CalendarDay = {
  zone: 'UTC',
  dayOf: utcDayOf,
  nextDayMs: (nowMs) => (utcDayOf(nowMs) + 1) * dayMs,
};

const made = new Map([[utcDay.zone, utcDay]]);

/** The days of a zone of the IANA list; undefined when there is no such zone. The same zone gives the same value. */
export function calendarDay(zone: string): CalendarDay | undefined {
  const known = made.get(zone);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  } catch {
    return undefined;
  }
  let last = { step: Number.NaN, day: 0 };
  const dayOf = (nowMs: number): number => {
    const step = Math.floor(nowMs / stepMs);
    // Formatting takes microseconds, and most questions are about the same quarter of an hour.
    if (step !== last.step)
      last = { step, day: Math.floor(Date.parse(`${format.format(step * stepMs)}T00:00Z`) / dayMs) };
    return last.day;
  };
  const nextDayMs = (nowMs: number): number => {
    const today = dayOf(nowMs);
    let ms = (Math.floor(nowMs / stepMs) + 1) * stepMs;
    while (dayOf(ms) === today) ms += stepMs;
    return ms;
  };
  const day: CalendarDay = { zone, dayOf, nextDayMs };
  made.set(zone, day);
  return day;
}
