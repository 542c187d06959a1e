import { type Check, none } from './check.ts';

/** Violations of some promises: how often, and the first example of each. */
export class Findings<Name extends string> {
  readonly #promises: Readonly<Record<Name, string>>;
  readonly #counts = new Map<Name, number>();
  readonly #progress: (line: string) => void;

  constructor(promises: Readonly<Record<Name, string>>, progress: (line: string) => void) {
    this.#promises = promises;
    this.#progress = progress;
  }

  /** Records a violation. */
  note(name: Name, example: string): void {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    if (count === 1) this.#progress(`${this.#promises[name]}: ${example.slice(0, 600)}`);
  }

  checks(): readonly Check[] {
    const names = Object.keys(this.#promises) as Name[];
    return names.map((name) => none(this.#promises[name], this.#counts.get(name) ?? 0));
  }
}
