import type { RaisedAlert, AlertStore } from '../domain/admin-api.ts';
import type { EventBus } from '../domain/event-bus.ts';
import type { Emit } from '../domain/events.ts';
import type { KeyPool } from '../keys/pool/key-pool.ts';
import type { Clock } from '../kit/clock.ts';
import { createAlerts } from '../observability/alerts/alerts.ts';
import type { Processes } from '../domain/shared/processes.ts';
import type { Storage } from '../storage/open-storage.ts';
import { AlertTeller } from './processes/shared-alerts.ts';

/** Raises alerts by what happens and stores those that are raised. */
export function openAlerts(
  pool: KeyPool,
  events: EventBus,
  { alerts: store, shared }: Pick<Storage, 'alerts' | 'shared'>,
  processes: Processes,
  clock: Clock,
  emit: Emit,
): AsyncDisposable & { raised(): Promise<readonly RaisedAlert[]> } {
  const teller = shared && new AlertTeller({ alerts: shared.alerts, processes, clock, emit });
  const onSaved = () => {
    teller?.look();
    processes.tell({ kind: 'alerts' });
  };
  // Of several processes one tells: what this one sees is stored, and that is all.
  const onOwn: Emit = (event) => (event.event === 'app.error' ? emit(event) : saver.changed());
  const alerts = createAlerts({ pool: () => pool.snapshot(), clock, emit: teller === undefined ? emit : onOwn });
  const saver = new AlertSaver({ store, raised: () => alerts.raised(), onSaved, emit });
  events.on(alerts.names, alerts.onEvent);
  // Alerts of an earlier run are not raised any more.
  saver.changed();
  if (teller === undefined) events.on(['alert.raised', 'alert.resolved'], () => saver.changed());
  return {
    raised: async () => shared?.alerts.raised() ?? alerts.raised(),
    [Symbol.asyncDispose]: async () => {
      await teller?.[Symbol.asyncDispose]();
      await saver[Symbol.asyncDispose]();
      alerts[Symbol.dispose]();
    },
  };
}

export type AlertSaverOptions = {
  readonly store: AlertStore;
  readonly raised: () => readonly RaisedAlert[];
  /** What is stored is as it is now. */
  readonly onSaved?: () => void;
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
    const { store, raised, onSaved, emit } = this.#options;
    while (this.#isStale) {
      this.#isStale = false;
      try {
        await store.save(raised());
        onSaved?.();
      } catch (error) {
        emit({ event: 'app.error', what: 'store the raised alerts', error });
        return;
      }
    }
  }
}
