import type { RaisedAlert } from '../../domain/admin-api.ts';
import type { Emit } from '../../domain/events.ts';
import { isStorageRefusal } from '../../domain/failure.ts';
import type { Processes } from '../../domain/shared/processes.ts';
import type { SharedAlerts } from '../../domain/shared/shared-stores.ts';
import { type Clock, every } from '../../kit/clock.ts';
import { whileHeld } from './while-held.ts';

const lookEveryMs = 2_000;

export type AlertTellerOptions = {
  readonly alerts: SharedAlerts;
  readonly processes: Processes;
  readonly clock: Clock;
  /** Gets `alert.raised` and `alert.resolved`. */
  readonly emit: Emit;
};

/**
 * Several processes see the same trouble, each in its own time. The one that has the role `housekeeping` tells of an alert when the first
 * process raises it, and of its end when no living process has it any more; what was told outlives the teller.
 */
export class AlertTeller implements AsyncDisposable {
  readonly #options: AlertTellerOptions;
  readonly #opened = new AsyncDisposableStack();
  #work: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(options: AlertTellerOptions) {
    this.#options = options;
    const { processes, clock } = options;
    this.#opened.use(processes.onNews(({ kind }) => kind === 'alerts' && this.look()));
    this.#opened.use(whileHeld(processes, 'housekeeping', () => every(clock, lookEveryMs, () => this.look())));
  }

  /** Something was raised or resolved, here or elsewhere. */
  look(): void {
    this.#isAskedAgain = true;
    this.#work ??= this.#tell().finally(() => (this.#work = undefined));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
    await this.#work;
  }

  async #tell(): Promise<void> {
    const { alerts, processes, emit } = this.#options;
    try {
      while (this.#isAskedAgain && processes.termOf('housekeeping') !== undefined) {
        this.#isAskedAgain = false;
        const [raised, told] = [await alerts.raised(), await alerts.told()];
        for (const alert of missingIn(told, raised)) {
          await alerts.noteTold(alert, true);
          emit({ event: 'alert.raised', alert });
        }
        for (const alert of missingIn(raised, told)) {
          await alerts.noteTold(alert, false);
          emit({ event: 'alert.resolved', alert });
        }
      }
    } catch (error) {
      if (!isStorageRefusal(error)) emit({ event: 'app.error', what: 'tell of alerts of all processes', error });
    }
  }
}

function missingIn(known: readonly RaisedAlert[], all: readonly RaisedAlert[]): readonly RaisedAlert[] {
  const ids = new Set(known.map(({ id }) => id));
  return all.filter(({ id }) => !ids.has(id));
}
