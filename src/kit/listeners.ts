/** A set of listeners for one event. */
export class Listeners<Given extends readonly unknown[]> {
  readonly #listeners = new Set<(...given: Given) => void>();

  /** Disposing removes the listener; the same listener added twice is called once. */
  add(listener: (...given: Given) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  call(...given: Given): void {
    for (const listener of this.#listeners) listener(...given);
  }
}
