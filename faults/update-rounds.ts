import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RecordedCall } from '../sandbox/telegram/api-service.ts';
import { type Found, checkAnswers, type Turn } from './answer-checks.ts';
import type { SandboxedBot } from './sandboxed-bot.ts';

const maxHandlingMs = 60_000;
const pollEveryMs = 50;
const ignoredLine = /"event":"update\.ignored","updateId":([0-9]+)/g;

/** Sends one update of each person, waits until all are handled, and checks that each was answered. */
export class UpdateRounds {
  readonly #bot: SandboxedBot;
  readonly #found: Found;
  #last: RecordedCall | undefined;
  #sent = 0;
  calls = 0;
  /** Malformed updates that were set aside. */
  readonly malformedIds = new Set<number>();

  constructor(bot: SandboxedBot, found: Found) {
    this.#bot = bot;
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
      if (!turn.isValid) this.malformedIds.add(id);
      else this.#found.note('setAside', turn.says);
    }
    this.#check(turns);
  }

  /** Waits until every update is handled; returns the ids of all that were set aside so far. */
  async #untilHandled(): Promise<readonly number[]> {
    const deadlineMs = performance.now() + maxHandlingMs;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
      const open = this.#sent - this.#handled();
      if (open > 0 && performance.now() < deadlineMs) continue;
      for (let count = 0; count < open; count += 1) this.#found.note('unhandled', `${open} of ${this.#sent}`);
      return this.#ask(`SELECT update_id FROM inbox WHERE state = 'set-aside'`).map((one) => Number(one['update_id']));
    }
  }

  /** How many updates were handled, or ended before they were stored. */
  #handled(): number {
    const stored = new Set(this.#ask('SELECT update_id FROM inbox').map((row) => Number(row['update_id'])));
    const open = this.#ask(`SELECT update_id FROM inbox WHERE state = 'new'`).length;
    const unasked = new Set<number>();
    for (const [, id] of readFileSync(this.#bot.logFile, 'utf8').matchAll(ignoredLine)) {
      if (!stored.has(Number(id))) unasked.add(Number(id));
    }
    return stored.size - open + unasked.size;
  }

  #ask(sql: string): readonly Readonly<Record<string, unknown>>[] {
    try {
      using database = new DatabaseSync(join(this.#bot.dataDir, 'darkroom.db'), { readOnly: true });
      return database.prepare(sql).all();
    } catch {
      // Not created yet.
      return [];
    }
  }

  #check(turns: readonly Turn[]): void {
    const { telegram, secrets } = this.#bot;
    const calls = telegram.calls.slice(this.#last === undefined ? 0 : telegram.calls.lastIndexOf(this.#last) + 1);
    this.#last = telegram.calls.at(-1);
    this.calls += calls.length;
    checkAnswers({ turns, calls, secrets }, this.#found);
  }
}
