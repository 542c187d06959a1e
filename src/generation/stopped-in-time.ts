import type { Clock } from '../kit/clock.ts';

/** So long has work to end after it was told to. */
const stopPatienceMs = 30_000;

/** Work that goes on although it was told to stop: nobody waits for it any longer. */
export class WentOn extends Error {
  constructor() {
    super(`It went on for ${stopPatienceMs / 1_000} s after it was told to stop`);
    this.name = 'WentOn';
  }
}

/** What the work answers; throws WentOn when it does not end although the signal aborted. */
export async function stoppedInTime<Answer>(work: Promise<Answer>, signal: AbortSignal, clock: Clock): Promise<Answer> {
  const over = new AbortController();
  const wentOn = new Promise<never>((_resolve, reject) => {
    const beginWaiting = () => {
      const timer = clock.schedule(stopPatienceMs, () => reject(new WentOn()));
      over.signal.addEventListener('abort', () => timer[Symbol.dispose]());
    };
    if (signal.aborted) beginWaiting();
    else signal.addEventListener('abort', beginWaiting, { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([work, wentOn]);
  } finally {
    over.abort();
  }
}
