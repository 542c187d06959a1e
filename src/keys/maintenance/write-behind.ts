import type { Emit } from '../../domain/events.ts';
import type { KeyId } from '../../domain/ids.ts';
import type { KeyRecord, KeyStore } from '../../domain/key-state.ts';
import type { Clock } from '../../kit/clock.ts';

const batchAfterMs = 1_000;
const tryAgainAfterMs = 5_000;

export type WriteBehindStoreOptions = {
  readonly store: Pick<KeyStore, 'save'>;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** What is known of a key at the moment of asking. */
type Learned = () => KeyRecord;

/**
 * Writes behind what is learned about keys. What is urgent goes in the next turn of the event loop, all of one turn
 * together; counters are gathered for a second, and their record is made only then. One save runs at a time, so that an older record never covers a newer
 * one. While saving fails everything is kept and tried again, and said once.
 */
export class WriteBehindStore {
  readonly #store: Pick<KeyStore, 'save'>;
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #urgent = new Map<KeyId, Learned>();
  readonly #counters = new Map<KeyId, Learned>();
  #batch: Disposable | undefined;
  #saving: Promise<void> | undefined;
  #failing = false;

  constructor({ store, clock, emit }: WriteBehindStoreOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#emit = emit;
  }

  remember(id: KeyId, record: Learned, urgent: boolean): void {
    if (urgent || this.#urgent.has(id)) {
      this.#counters.delete(id);
      this.#urgent.set(id, record);
      if (!this.#failing) this.#begin();
    } else {
      this.#counters.set(id, record);
      this.#batchAfter(batchAfterMs);
    }
  }

  /** Saves everything that is remembered so far; resolves when that was done or has failed. */
  async flush(): Promise<void> {
    this.#batch?.[Symbol.dispose]();
    this.#batch = undefined;
    for (const [id, record] of this.#counters) this.#urgent.set(id, record);
    this.#counters.clear();
    this.#begin();
    await this.#saving;
  }

  #begin(): void {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
      if (this.#urgent.size > 0 && !this.#failing) this.#begin();
    });
  }

  async #save(): Promise<void> {
    // Whatever else is learned in this turn comes along.
    await Promise.resolve();
    while (this.#urgent.size > 0) {
      const learned = [...this.#urgent];
      this.#urgent.clear();
      try {
        await this.#store.save(learned.map(([, record]) => record()));
        this.#failing = false;
      } catch (error) {
        this.#keep(learned);
        this.#complain(error);
        this.#batchAfter(tryAgainAfterMs);
        return;
      }
    }
  }

  /** Back with what could not be saved, except where something newer is known. */
  #keep(learned: readonly (readonly [KeyId, Learned])[]): void {
    for (const [id, record] of learned) {
      if (!this.#urgent.has(id) && !this.#counters.has(id)) this.#counters.set(id, record);
    }
  }

  #complain(error: unknown): void {
    if (!this.#failing) this.#emit({ event: 'app.error', what: 'save the key records', error });
    this.#failing = true;
  }

  #batchAfter(ms: number): void {
    this.#batch ??= this.#clock.schedule(ms, () => void this.flush());
  }
}
