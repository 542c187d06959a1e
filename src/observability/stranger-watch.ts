import type { AlertBoard } from './alert-board.ts';

const apartMs = 3_600_000;

/** Notices when somebody tries an admin's door; says so once an hour, however many try and however often. */
export class StrangerWatch {
  readonly #board: AlertBoard;
  #saidUpMs = -Infinity;
  #times = 0;

  constructor(board: AlertBoard) {
    this.#board = board;
  }

  asked(userId: number, upMs: number): void {
    if (upMs - this.#saidUpMs < apartMs) return;
    this.#saidUpMs = upMs;
    this.#times += 1;
    // Nothing ends it: the next one is another one.
    this.#board.raise(`stranger-asks:${this.#times}`, { kind: 'stranger-asks', userId });
  }
}
