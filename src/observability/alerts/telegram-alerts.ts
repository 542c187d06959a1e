import type { Clock } from '../../kit/clock.ts';
import type { AlertBoard } from './provider-alerts.ts';

const minIntervalMs = 3_600_000;

/** Raises an alert when a person who is no admin tries an admin command, at most once an hour. */
export class UnauthorizedAttempts {
  readonly #board: AlertBoard;
  #raisedAtMonotonicMs = -Infinity;
  #count = 0;

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  attempted(userId: number, monotonicMs: number): void {
    if (monotonicMs - this.#raisedAtMonotonicMs < minIntervalMs) return;
    this.#raisedAtMonotonicMs = monotonicMs;
    this.#count += 1;
    // Such an alert is never resolved, so the next one needs an id of its own.
    this.#board.raise(`unauthorized-admin-attempt:${this.#count}`, { kind: 'unauthorized-admin-attempt', userId });
  }
}

/** Pauses of some seconds are normal; one this long means that the bot has sent too much. */
const longPauseMs = 600_000;
const rateLimitAlertId = 'telegram-rate-limited';

/** Raises an alert when Telegram asks for a long pause, and resolves it when the last pause is over. */
export class TelegramRateLimits implements Disposable {
  readonly #board: AlertBoard;
  readonly #clock: Pick<Clock, 'monotonicMs' | 'schedule'>;
  #untilMs = 0;
  #end: Disposable | undefined;

  constructor(board: AlertBoard, clock: Pick<Clock, 'monotonicMs' | 'schedule'>) {
    this.#board = board;
    this.#clock = clock;
  }

  paused(forMs: number): void {
    const untilMs = this.#clock.monotonicMs() + forMs;
    if (forMs < longPauseMs || untilMs <= this.#untilMs) return;
    this.#untilMs = untilMs;
    this.#board.raise(rateLimitAlertId, { kind: 'telegram-rate-limited', forMs });
    this.#end?.[Symbol.dispose]();
    this.#end = this.#clock.schedule(forMs, () => this.#board.resolve(rateLimitAlertId));
  }

  [Symbol.dispose](): void {
    this.#end?.[Symbol.dispose]();
  }
}
