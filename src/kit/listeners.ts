/** Who wants to be called when something has happened. */
export class Listeners<Given extends readonly unknown[]> {
  readonly #listeners = new Set<(...given: Given) => void>();

  /** Disposing ends it; the same listener added twice is called once. */
  add(listener: (...given: Given) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  call(...given: Given): void {
    for (const listener of this.#listeners) listener(...given);
  }
}
