const slotMs = 1_000;
const slots = 10;
const manyCalls = 20;
const almostAll = 0.95;

/** How many of the calls of the last ten seconds failed by the provider's fault; costs the same however many there are. */
export class RecentCalls {
  readonly #calls = new Uint32Array(slots);
  readonly #faults = new Uint32Array(slots);
  /** Which second of the clock each slot counts. */
  readonly #seconds = new Float64Array(slots).fill(-1);

  note(isFault: boolean, nowMs: number): void {
    const second = Math.floor(nowMs / slotMs);
    const slot = second % slots;
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#calls[slot] = 0;
      this.#faults[slot] = 0;
    }
    this.#calls[slot] = (this.#calls[slot] ?? 0) + 1;
    if (isFault) this.#faults[slot] = (this.#faults[slot] ?? 0) + 1;
  }

  /** 95 % of at least twenty calls. */
  almostAllFailed(nowMs: number): boolean {
    const oldest = Math.floor(nowMs / slotMs) - slots + 1;
    let calls = 0;
    let faults = 0;
    for (let slot = 0; slot < slots; slot += 1) {
      if ((this.#seconds[slot] ?? -1) < oldest) continue;
      calls += this.#calls[slot] ?? 0;
      faults += this.#faults[slot] ?? 0;
    }
    return calls >= manyCalls && faults >= almostAll * calls;
  }

  clear(): void {
    this.#seconds.fill(-1);
  }
}
