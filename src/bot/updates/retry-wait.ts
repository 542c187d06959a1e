import { GrammyError, HttpError } from 'grammy';
import type { Random } from '../../kit/backoff.ts';
import type { Clock } from '../../kit/clock.ts';
import { kindOfMethod, type MethodHealth } from '../outbox/bot-api.ts';

/** No try follows a failed one sooner, however soon the method works again. */
const minWaitMs = 1_000;
/** Many wait for the same recovery: they go on within this time, not all in one moment. */
const spreadMs = 3_000;
/** A method that works for others, and fails here each time, is not tried without end. */
const maxWoken = 10;

export type RetryWaitOptions = {
  readonly health?: Pick<MethodHealth, 'onRecovery'>;
  readonly clock: Clock;
  readonly random: Random;
};

/**
 * The waits between the tries of one answer, which holds up its chat meanwhile. Backoff suits a server that is down; when
 * the method that failed works again, those who wait for it go on at once.
 */
export class RetryWait {
  readonly #options: RetryWaitOptions;
  #woken = 0;

  constructor(options: RetryWaitOptions) {
    this.#options = options;
  }

  /** Resolves after `ms`, or with true soon after what failed works again; rejects when the signal aborts. */
  async over(ms: number, error: unknown, signal: AbortSignal): Promise<boolean> {
    const { clock, random, health } = this.#options;
    const isOfTelegram = error instanceof GrammyError || error instanceof HttpError;
    if (health === undefined || !isOfTelegram || ms <= minWaitMs || this.#woken >= maxWoken) {
      await clock.sleep(ms, signal);
      return false;
    }
    // The error of a lost connection does not tell which method was called.
    const kind = error instanceof GrammyError ? kindOfMethod(error.method) : undefined;
    const recovered = new AbortController();
    using _hearing = health.onRecovery((one) => {
      if (kind === undefined || one === kind) recovered.abort();
    });
    await clock.sleep(minWaitMs, signal);
    const leftMs = ms - minWaitMs;
    const isEarly = await sleepUntil(clock, leftMs, recovered.signal, signal);
    if (!isEarly) return false;
    this.#woken += 1;
    await clock.sleep(Math.min(leftMs, random() * spreadMs), signal);
    return true;
  }
}

/** Resolves after `ms`, or with true as soon as the early signal aborts; rejects when the other one does. */
async function sleepUntil(clock: Clock, ms: number, early: AbortSignal, signal: AbortSignal): Promise<boolean> {
  if (early.aborted) return true;
  try {
    await clock.sleep(ms, AbortSignal.any([early, signal]));
    return false;
  } catch (error) {
    if (signal.aborted || !early.aborted) throw error;
    return true;
  }
}
