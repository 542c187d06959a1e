/** How much may be held in memory at once by work that runs side by side; the rest waits, in order. */
export class ByteBudget {
  readonly #budgetBytes: number;
  readonly #waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  readonly #whenIdle: (() => void)[] = [];
  #takenBytes = 0;
  #running = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Runs the work once its bytes fit; more than the whole budget runs alone. */
  async run<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) {
      await new Promise<void>((resolve) => this.#waiting.push({ bytes, start: resolve }));
    } else this.#take(bytes);
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#takenBytes -= bytes;
      this.#startWaiting();
      if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  #startWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.bytes);
      next.start();
    }
  }

  #fits(bytes: number): boolean {
    return this.#running === 0 || this.#takenBytes + bytes <= this.#budgetBytes;
  }

  #take(bytes: number): void {
    this.#running += 1;
    this.#takenBytes += bytes;
  }
}
