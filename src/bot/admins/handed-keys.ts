/** A key that an admin hands over: `/keys add <provider> <key>`. */
export type HandedKey = { readonly provider: string; readonly key: string };

/** Updates are handled within seconds; older ones are not waited for. */
const maxKept = 100;

/**
 * Keys on their way from the intake to the handler, by the id of their update: in the memory of this process only. When the
 * process ends in between, the key is gone, and its admin is asked for it again.
 */
export class HandedKeys {
  readonly #byUpdate = new Map<number, HandedKey>();

  keep(updateId: number, handed: HandedKey): void {
    this.#byUpdate.set(updateId, handed);
    const [oldest] = this.#byUpdate.keys();
    if (this.#byUpdate.size > maxKept && oldest !== undefined) this.#byUpdate.delete(oldest);
  }

  find(updateId: number): HandedKey | undefined {
    return this.#byUpdate.get(updateId);
  }

  forget(updateId: number): void {
    this.#byUpdate.delete(updateId);
  }
}
