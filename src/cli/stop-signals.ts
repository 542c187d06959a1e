import { type Clock, every, systemClock } from '../kit/clock.ts';

/** npm scripts and `npx`: npm forwards SIGINT and SIGTERM to its child, and dies of any other signal without a word. */
const npmEvents: ReadonlySet<string> = new Set(['start', 'demo', 'npx']);
const checkParentEveryMs = 500;
/** At Ctrl-C the terminal signals npm and this process, and npm forwards its own: the second is no second wish. */
const forwardedWithinMs = 500;

export type StopOptions = {
  /** Whether SIGHUP ends the process too; `start` reads its settings again instead. */
  readonly endsAtHangup?: boolean;
  readonly clock?: Clock;
  readonly process?: Pick<NodeJS.Process, 'on' | 'ppid' | 'exit' | 'env'>;
};

/**
 * Listens from now on for SIGINT and SIGTERM; resolves at the first one. A second signal ends the process at once, with
 * the code a shell expects; accepted jobs are in the database and are not lost. Below npm it also resolves when npm has
 * ended, since nobody could stop the process by npm's id any more.
 */
export function onStop(options: StopOptions = {}): Promise<void> {
  const { endsAtHangup = false, clock = systemClock, process: process_ = process } = options;
  const isBelowNpm = npmEvents.has(process_.env['npm_lifecycle_event'] ?? '');
  return new Promise<void>((resolve) => {
    let firstAtMs: number | undefined;
    const onSignal = (signal: NodeJS.Signals) => {
      const nowMs = clock.monotonicMs();
      if (firstAtMs === undefined) {
        firstAtMs = nowMs;
        return resolve();
      }
      if (isBelowNpm && nowMs - firstAtMs < forwardedWithinMs) return;
      process_.exit(signal === 'SIGINT' ? 130 : 143);
    };
    process_.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    if (endsAtHangup) process_.on('SIGHUP', onSignal);
    if (!isBelowNpm) return;
    const parent = process_.ppid;
    const watching = every(clock, checkParentEveryMs, () => {
      if (process_.ppid === parent) return;
      watching[Symbol.dispose]();
      resolve();
    });
  });
}

/** Resolves when `asked` does, by default at the first signal; rejects when `broken` does. */
export async function untilStopped(broken: Promise<never>, asked: Promise<void> = onStop()): Promise<void> {
  await keepAliveFor(Promise.race([asked, broken]));
}

/** Keeps the process alive until the work is done: a pending promise and a clock's timer do not. */
export async function keepAliveFor(work: Promise<unknown>): Promise<void> {
  const keepAlive = setInterval(() => undefined, 2 ** 30);
  try {
    await work;
  } finally {
    clearInterval(keepAlive);
  }
}

/** Calls back at each SIGHUP, which then no longer ends the process. */
export function onHangup(listener: () => void): Disposable {
  process.on('SIGHUP', listener);
  return { [Symbol.dispose]: () => void process.off('SIGHUP', listener) };
}
