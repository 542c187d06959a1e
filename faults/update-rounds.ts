import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RecordedCall } from '../sandbox/telegram/api-service.ts';
import { type Found, lookAtAnswers, type Turn } from './answers-due.ts';
import type { Scene } from './scene.ts';

const handledWithinMs = 60_000;
const lookEveryMs = 50;

/** Everybody sends one update, and when all of them are handled, everybody looks whether there is an answer. */
export class Rounds {
  readonly #scene: Scene;
  readonly #found: Found;
  #last: RecordedCall | undefined;
  #sent = 0;
  calls = 0;
  /** Updates that were set aside and are not as Telegram sends them. */
  readonly poisonous = new Set<number>();

  constructor(scene: Scene, found: Found) {
    this.#scene = scene;
    this.#found = found;
  }

  async send(turns: readonly Turn[]): Promise<void> {
    const sent = new Map<number, Turn>();
    for (const turn of turns) {
      const id = turn.send();
      if (id !== undefined) sent.set(id, turn);
    }
    this.#sent += turns.length;
    const setAside = await this.#untilHandled();
    for (const id of setAside) {
      const turn = sent.get(id);
      if (turn === undefined) continue;
      if (!turn.isTelegrams) this.poisonous.add(id);
      else this.#found.note('setAside', turn.says);
    }
    this.#look(turns);
  }

  /** Waits until nothing that came is unhandled; answers the ids of all that were set aside so far. */
  async #untilHandled(): Promise<readonly number[]> {
    const deadlineMs = performance.now() + handledWithinMs;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
      const [row] = this.#ask(`SELECT count(*) AS handled FROM inbox WHERE state <> 'new'`);
      const open = this.#sent - Number(row?.['handled'] ?? 0);
      if (open > 0 && performance.now() < deadlineMs) continue;
      for (let count = 0; count < open; count += 1) this.#found.note('unhandled', `${open} of ${this.#sent}`);
      return this.#ask(`SELECT update_id FROM inbox WHERE state = 'set-aside'`).map((one) => Number(one['update_id']));
    }
  }

  #ask(sql: string): readonly Readonly<Record<string, unknown>>[] {
    try {
      using database = new DatabaseSync(join(this.#scene.dataDir, 'darkroom.db'), { readOnly: true });
      return database.prepare(sql).all();
    } catch {
      // Not made yet.
      return [];
    }
  }

  #look(turns: readonly Turn[]): void {
    const { telegram, secrets } = this.#scene;
    const calls = telegram.calls.slice(this.#last === undefined ? 0 : telegram.calls.lastIndexOf(this.#last) + 1);
    this.#last = telegram.calls.at(-1);
    this.calls += calls.length;
    lookAtAnswers({ turns, calls, secrets }, this.#found);
  }
}
