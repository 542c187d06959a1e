import type { Tell } from '../domain/events.ts';
import type { KeyStore, KeyWish } from '../domain/key-store.ts';
import type { Clock } from '../kit/clock.ts';
import { every } from '../kit/every.ts';

const lookEveryMs = 1_000;

export type WishDeskOptions = {
  readonly store: Pick<KeyStore, 'wishes' | 'wishDone'>;
  readonly clock: Clock;
  readonly tell: Tell;
  /** Resolves when the wish is fulfilled. */
  readonly carryOut: (wish: KeyWish) => Promise<void>;
};

/** Looks every second for what humans wish from beside the house, carries it out in order, once, and says so. */
export class WishDesk implements AsyncDisposable {
  readonly #options: WishDeskOptions;
  readonly #rounds: Disposable;
  readonly #underWay = new Set<Promise<void>>();
  #lastSeq = 0;
  #looking: Promise<void> | undefined;
  #failing = false;

  constructor(options: WishDeskOptions) {
    this.#options = options;
    this.#rounds = every(options.clock, lookEveryMs, () => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#rounds[Symbol.dispose]();
    await this.#looking;
    await Promise.all(this.#underWay);
  }

  async #look(): Promise<void> {
    try {
      for (const wish of await this.#options.store.wishes()) {
        // One whose end is not written yet is under way.
        if (wish.seq <= this.#lastSeq) continue;
        this.#lastSeq = wish.seq;
        this.#begin(wish);
      }
      this.#failing = false;
    } catch (error) {
      this.#complain(error);
    }
  }

  #begin(wish: KeyWish): void {
    const done = this.#fulfil(wish).finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  async #fulfil(wish: KeyWish): Promise<void> {
    try {
      await this.#options.carryOut(wish);
      await this.#options.store.wishDone(wish.seq);
    } catch (error) {
      this.#complain(error);
    }
  }

  #complain(error: unknown): void {
    if (!this.#failing) {
      this.#options.tell({ event: 'house.trouble', what: 'Cannot carry out what was asked for from beside', error });
    }
    this.#failing = true;
  }
}
