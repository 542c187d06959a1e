const windowMs = 300_000;
/** Calls are counted in slices of the window, so that a busy provider takes no more memory than a quiet one. */
const sliceMs = 10_000;

type Slice = { readonly fromMs: number; calls: number; failures: number };

/** How many of a provider's calls of the last five minutes failed. */
export class RecentCalls {
  readonly #slices: Slice[] = [];
  #calls = 0;
  #failures = 0;

  note(ok: boolean, nowMs: number): void {
    const fromMs = nowMs - (nowMs % sliceMs);
    let slice = this.#slices.at(-1);
    if (slice === undefined || slice.fromMs !== fromMs) {
      slice = { fromMs, calls: 0, failures: 0 };
      this.#slices.push(slice);
    }
    slice.calls += 1;
    slice.failures += ok ? 0 : 1;
    this.#calls += 1;
    this.#failures += ok ? 0 : 1;
    while (this.#slices[0] !== undefined && this.#slices[0].fromMs <= nowMs - windowMs) {
      const old = this.#slices.shift();
      this.#calls -= old?.calls ?? 0;
      this.#failures -= old?.failures ?? 0;
    }
  }

  get calls(): number {
    return this.#calls;
  }

  /** 0 to 1. */
  get share(): number {
    return this.#calls === 0 ? 0 : this.#failures / this.#calls;
  }
}
