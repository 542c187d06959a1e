import { inspect } from 'node:util';

/** A value that refuses to be printed: logs, JSON and inspect show `[secret]`. `reveal()` is for adapters only. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** A secret that may be replaced while the process runs. */
export class LiveSecret {
  #now: Secret | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(now: Secret | undefined) {
    this.#now = now;
  }

  /** The one that is valid now; undefined where none was ever set. */
  get now(): Secret | undefined {
    return this.#now;
  }

  /** The new one is valid from now on, and the old one no more. */
  replace(secret: Secret): void {
    this.#now = secret;
    for (const listener of this.#listeners) listener();
  }

  onReplaced(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
