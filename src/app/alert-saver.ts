import type { RaisedAlert, AlertStore } from '../domain/admin-api.ts';
import type { Emit } from '../domain/events.ts';

export type AlertSaverOptions = {
  readonly store: AlertStore;
  readonly raised: () => readonly RaisedAlert[];
  readonly emit: Emit;
};

/**
 * Stores the raised alerts for other processes (write-behind). One save runs at a time and covers every change before it;
 * a failure is reported, and the next change saves again.
 */
export class AlertSaver implements AsyncDisposable {
  readonly #options: AlertSaverOptions;
  #isStale = false;
  #isClosed = false;
  #saving: Promise<void> | undefined;

  constructor(options: AlertSaverOptions) {
    this.#options = options;
  }

  /** Saves the raised alerts, which may have changed. */
  changed(): void {
    if (this.#isClosed) return;
    this.#isStale = true;
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#saving;
  }

  async #save(): Promise<void> {
    const { store, raised, emit } = this.#options;
    while (this.#isStale) {
      this.#isStale = false;
      try {
        await store.save(raised());
      } catch (error) {
        emit({ event: 'app.error', what: 'store the raised alerts', error });
        return;
      }
    }
  }
}
