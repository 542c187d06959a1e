const recentCount = 20;
const leastSamples = 50;
/** How much a new sample weighs against all before it. */
const longRun = 1 / 200;

/** How long calls take lately, beside how long they usually take. */
export class UsualLatency {
  readonly #recent: number[] = [];
  #usualMs = 0;
  #samples = 0;

  /** Notes a call; while `frozen`, what is unusual does not become usual. */
  note(ms: number, frozen: boolean): void {
    this.#recent.push(ms);
    if (this.#recent.length <= recentCount) return;
    const leavingMs = this.#recent.shift() ?? 0;
    if (frozen) return;
    this.#samples += 1;
    this.#usualMs += (leavingMs - this.#usualMs) * Math.max(longRun, 1 / this.#samples);
  }

  /** Undefined until enough calls were seen to speak of a habit. */
  compare(): { readonly meanMs: number; readonly usualMs: number } | undefined {
    if (this.#samples < leastSamples) return undefined;
    const meanMs = this.#recent.reduce((sum, ms) => sum + ms, 0) / this.#recent.length;
    return { meanMs, usualMs: this.#usualMs };
  }
}
