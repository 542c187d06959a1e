import { setTimeout as sleep } from 'node:timers/promises';
import { jain } from '../../bench/jain.ts';
import { type Check, info } from '../check.ts';
import type { People } from '../people.ts';

/** How evenly people were served while all of them had something to ask for. */
export class Fairness {
  readonly #people: People;
  #least = 1;
  #leastOfOpen = 1;
  #eagerAtHalf = 0;

  constructor(people: People) {
    this.#people = people;
  }

  /**
   * Looks at the middle of the work: before it a request more or less counts much, and after it some have got everything.
   * Eager people have made all their requests at once and get them one after the other, while others have to see an ending
   * before they ask again. Who has got everything is not compared any more: with one of twenty eager, and all others alike,
   * the index over everybody is 0.950 at the half at most, however fair the line is. That one is told beside it.
   */
  async watch(finished: AbortSignal): Promise<void> {
    for (const share of [0.5, 0.6, 0.7]) {
      while (this.#people.ended < share * this.#people.requests) {
        if (finished.aborted) return;
        await sleep(50);
      }
      this.#least = Math.min(this.#least, jain(this.#people.endedEach));
      this.#leastOfOpen = Math.min(this.#leastOfOpen, jain(this.#people.endedOfOpen));
      if (share === 0.5) this.#eagerAtHalf = mean(this.#people.endedOfEager);
    }
  }

  check(least: number): Check {
    const what =
      'fairness over the ended requests of people who want more (Jain’s index), the least at 50, 60 and 70 %';
    return { what, found: this.#leastOfOpen.toFixed(3), wanted: `>= ${least}`, holds: this.#leastOfOpen >= least };
  }

  facts(): readonly Check[] {
    return [
      info('the same over everybody, eager people who have got everything as well', this.#least.toFixed(3)),
      info('ended requests of each eager person at 50 %, on average', this.#eagerAtHalf.toFixed(1)),
    ];
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
}
