import type { AlertBoard } from './alert-board.ts';

/** Telegram asks for some seconds now and then; this long is the price of having written too much. */
const longRestMs = 600_000;
const alertId = 'telegram-rests';

/** Notices when Telegram asks for a long silence, and when the last of it is over. */
export class TelegramWatch {
  readonly #board: AlertBoard;
  #untilMs = 0;

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  rests(forMs: number, nowMs: number): void {
    if (forMs < longRestMs) return;
    this.#untilMs = Math.max(this.#untilMs, nowMs + forMs);
    this.#board.raise(alertId, { kind: 'telegram-rests', forMs });
  }

  /** Time goes on. */
  passed(nowMs: number): void {
    if (nowMs >= this.#untilMs) this.#board.resolve(alertId);
  }
}
