import type { OutageReason, StoreUnavailable } from '../../domain/failure.ts';
import type { Outage, ProcessRole } from '../../domain/shared/processes.ts';
import type { Clock } from '../../kit/clock.ts';

/** A beat that failed so long ago says nothing of the database now; the next one may take eleven seconds to fail. */
const freshMs = 15_000;

type Listener = { readonly role: ProcessRole; readonly onBegun: (outage: Outage) => void };

/**
 * Outages of the database, as seen by a process that had a role. After no beat has succeeded in time and the role is lost, the
 * next failed beat begins an outage for that role. The next beat that succeeds ends all outages, even if another process has
 * the role by then.
 */
export class Outages {
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  /** Nothing is known of them since. */
  readonly #lost = new Set<ProcessRole>();
  readonly #open = new Set<OpenOutage>();
  #lastBeatAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastBeatAtMs = clock.now();
  }

  onOutage(role: ProcessRole, onBegun: (outage: Outage) => void): Disposable {
    const listener = { role, onBegun };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  lost(role: ProcessRole): void {
    this.#lost.add(role);
  }

  /** A beat failed, and no role may be acted in. */
  beatFailed({ reason }: StoreUnavailable): void {
    for (const outage of this.#open) outage.failedAgain();
    for (const role of this.#lost) {
      this.#lost.delete(role);
      const outage = new OpenOutage(this.#clock, this.#lastBeatAtMs, reason);
      this.#open.add(outage);
      for (const listener of this.#listeners) if (listener.role === role) listener.onBegun(outage);
    }
  }

  beatSucceeded(): void {
    this.#lastBeatAtMs = this.#clock.now();
    this.#end(true);
  }

  close(): void {
    this.#end(false);
  }

  #end(isBack: boolean): void {
    this.#lost.clear();
    for (const outage of this.#open) outage.end(isBack);
    this.#open.clear();
  }
}

class OpenOutage implements Outage {
  readonly sinceMs: number;
  readonly reason: OutageReason;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  #failedMs: number;
  #isBack = false;

  constructor(clock: Clock, sinceMs: number, reason: OutageReason) {
    this.#clock = clock;
    this.sinceMs = sinceMs;
    this.reason = reason;
    this.#failedMs = clock.monotonicMs();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  isBack(): boolean {
    return this.#isBack;
  }

  isOn(): boolean {
    return !this.signal.aborted && this.#clock.monotonicMs() - this.#failedMs <= freshMs;
  }

  failedAgain(): void {
    this.#failedMs = this.#clock.monotonicMs();
  }

  end(isBack: boolean): void {
    this.#isBack = isBack;
    this.#abort.abort(new Error(isBack ? 'The database is back' : 'The process ends'));
  }
}
