/** No further updates are taken while this many are being handled. */
export const maxHandled = 1_000;
/** So many of those whose answer Telegram does not take now need no room: others are taken meanwhile. */
export const maxResting = 5_000;

/** How many updates are handled at the same time; those that wait for others of their chat are not counted. */
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

  /** An update waits for its next try until this is disposed. */
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
