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
