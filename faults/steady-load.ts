import { setTimeout as pause } from 'node:timers/promises';
import type { Person } from '../sandbox/telegram/people/person.ts';
import type { TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';

const firstId = 300_000;
/** Slow enough that the flood limit never applies. */
const everyMsEach = 6_000;

/** Many people, who take turns to request a picture at a constant rate. */
export class SteadyLoad {
  readonly #people: readonly Person[];
  readonly #perSecond: number;
  asked = 0;

  constructor(telegram: TelegramSandbox, perSecond: number) {
    this.#perSecond = perSecond;
    this.#people = Array.from({ length: Math.ceil((perSecond * everyMsEach) / 1_000) }, (_, index) =>
      telegram.person({ id: firstId + index, firstName: `Person ${index}`, languageCode: 'en' }),
    );
  }

  /** Resolves when the time is over; the last requests may still be open. */
  async askFor(ms: number): Promise<void> {
    const startedMs = performance.now();
    for (let asked = 0; ; asked += 1) {
      const dueMs = (asked * 1_000) / this.#perSecond;
      if (dueMs >= ms) return;
      await pause(Math.max(0, startedMs + dueMs - performance.now()));
      this.#people[this.asked % this.#people.length]?.say(`/generate fox number ${this.asked} of the night`);
      this.asked += 1;
    }
  }
}
