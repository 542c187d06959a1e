/** While this many updates are being handled, no further ones are taken. */
export const maxHandled = 1_000;
/** Up to this many updates that wait to retry their answer do not count as being handled. */
export const maxResting = 5_000;

/** Limits how many updates are handled at the same time; those that wait behind another update of their chat are not counted. */
export class HandlingRoom {
  #handled = 0;
  #resting = 0;
  readonly #waiting: (() => void)[] = [];

  enter(): void {
    this.#handled += 1;
  }

  leave(): void {
    this.#handled -= 1;
    this.#tell();
  }

  /** Call it when an update begins to wait for its next try; dispose the result when the try begins. */
  rest(): Disposable {
    this.#resting += 1;
    this.#tell();
    return { [Symbol.dispose]: () => void (this.#resting -= 1) };
  }

  /** Resolves when further updates may be taken. */
  async free(): Promise<void> {
    // Several wait for it: a poll, and the one that takes what others have stored.
    if (this.#isFull) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  get #isFull(): boolean {
    return this.#handled - Math.min(this.#resting, maxResting) >= maxHandled;
  }

  #tell(): void {
    if (!this.#isFull) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
