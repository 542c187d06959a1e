import type { Tell } from '../domain/events.ts';
import type { ProviderName } from '../domain/provider-name.ts';

/** Counts and tells the failures that are in no table, so that whoever keeps the table can make it grow. */
export class UnrecognizedFailures {
  readonly #tell: Tell;
  readonly #counts = new Map<ProviderName, number>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  note(provider: ProviderName, detail: string): void {
    const count = (this.#counts.get(provider) ?? 0) + 1;
    this.#counts.set(provider, count);
    this.#tell({ event: 'failure.unrecognized', provider, detail, count });
  }
}
