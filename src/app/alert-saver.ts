import type { RaisedAlert, AlertStore } from '../domain/admin-api.ts';
import type { Emit } from '../domain/events.ts';

export type AlertSaverOptions = {
  readonly store: AlertStore;
  readonly raised: () => readonly RaisedAlert[];
  readonly emit: Emit;
};

/**
 * Writes behind which alerts are raised, for processes beside this one. One save runs at a time and takes in all that
 * changed before it; what fails is reported, and repaired by the next change.
 */
export class AlertSaver implements AsyncDisposable {
  readonly #options: AlertSaverOptions;
  #isStale = false;
  #isClosed = false;
  #saving: Promise<void> | undefined;

  constructor(options: AlertSaverOptions) {
    this.#options = options;
  }

  /** What is raised may have changed. */
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
        emit({ event: 'app.error', what: 'Cannot keep which alerts are raised', error });
        return;
      }
    }
  }
}
