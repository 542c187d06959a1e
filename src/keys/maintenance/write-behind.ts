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

/** Builds the current record of a key. */
type Learned = () => KeyRecord;

/**
 * Write-behind store of key records. Urgent records are saved in the next turn of the event loop, all of one turn
 * together; counters are batched for a second, and their records are built then. One save runs at a time, so an older
 * record never overwrites a newer one. After a failed save the records are retried, and the error is reported once.
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

  readonly remember = (id: KeyId, record: Learned, urgent: boolean): void => {
    if (urgent || this.#urgent.has(id)) {
      this.#counters.delete(id);
      this.#urgent.set(id, record);
      if (!this.#failing) this.#begin();
    } else {
      this.#counters.set(id, record);
      this.#batchAfter(batchAfterMs);
    }
  };

  /** Saves all pending records; resolves when the save succeeded or failed. */
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
    // Includes further changes of this turn.
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

  /** Queues unsaved records again, unless a newer one is queued. */
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
