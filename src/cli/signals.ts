/**
 * Listens from now on for SIGINT and SIGTERM; resolves at the first one. A second signal ends the process at once, with
 * the code a shell expects; what was accepted is in the database and is not lost.
 */
export function onStop(): Promise<void> {
  return new Promise<void>((resolve) => {
    let signals = 0;
    const onSignal = (signal: NodeJS.Signals) => {
      signals += 1;
      if (signals > 1) process.exit(signal === 'SIGINT' ? 130 : 143);
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

/** Resolves when `asked` does, at the first signal unless told; rejects when `broken` does. */
export async function untilStopped(broken: Promise<never>, asked: Promise<void> = onStop()): Promise<void> {
  await carryThrough(Promise.race([asked, broken]));
}

/** Keeps the process alive until the work is done: a pending promise and a clock's timer do not. */
export async function carryThrough(work: Promise<unknown>): Promise<void> {
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
