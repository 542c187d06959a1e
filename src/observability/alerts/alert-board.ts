import type { RaisedAlert } from '../../domain/admin-api.ts';
import { alertSeverity, type Alert, type AlertFacts } from '../../domain/alert.ts';
import type { Emit } from '../../domain/events.ts';

/** What is wrong right now: each trouble is told once when it begins and once when it is over. */
export class AlertBoard {
  readonly #emit: Emit;
  readonly #open = new Map<string, { readonly alert: Alert; readonly raisedAtMs: number }>();

  readonly #now: () => number;

  constructor(emit: Emit, now: () => number) {
    this.#emit = emit;
    this.#now = now;
  }

  /** In the order in which they began. */
  raised(): readonly RaisedAlert[] {
    return [...this.#open.values()].map(({ alert, raisedAtMs }) => ({ ...alert, raisedAtMs }));
  }

  has(id: string): boolean {
    return this.#open.has(id);
  }

  raise(id: string, facts: AlertFacts): void {
    if (this.#open.has(id)) return;
    const alert: Alert = { id, severity: alertSeverity[facts.kind], facts };
    this.#open.set(id, { alert, raisedAtMs: this.#now() });
    this.#emit({ event: 'alert.raised', alert });
  }

  resolve(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    this.#emit({ event: 'alert.resolved', alert: open.alert });
  }
}
