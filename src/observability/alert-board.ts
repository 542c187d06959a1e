import { alertSeverity, type Alert, type AlertFacts } from '../domain/alert.ts';
import type { Tell } from '../domain/events.ts';

/** What is wrong right now: each trouble is told once when it begins and once when it is over. */
export class AlertBoard {
  readonly #tell: Tell;
  readonly #open = new Map<string, Alert>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** In the order in which they began. */
  raised(): readonly Alert[] {
    return [...this.#open.values()];
  }

  has(id: string): boolean {
    return this.#open.has(id);
  }

  raise(id: string, facts: AlertFacts): void {
    if (this.#open.has(id)) return;
    const alert: Alert = { id, severity: alertSeverity[facts.kind], facts };
    this.#open.set(id, alert);
    this.#tell({ event: 'alert.raised', alert });
  }

  resolve(id: string): void {
    const alert = this.#open.get(id);
    if (alert === undefined) return;
    this.#open.delete(id);
    this.#tell({ event: 'alert.resolved', alert });
  }
}
