import type { PooledKey } from './pooled-key.ts';

const keptOutcomes = 32;
/** What happened longer ago says nothing of the provider as it is now. */
const keptForMs = 5 * 60_000;

/** What the last calls for one model came to, whichever key they were made with: a fault of the provider's or not. */
export class Witnesses {
  readonly #keys: (PooledKey | undefined)[] = [];
  readonly #faulty: boolean[] = [];
  readonly #atUpMs = new Float64Array(keptOutcomes);
  #count = 0;

  note(pooled: PooledKey, isFault: boolean, upMs: number): void {
    const at = this.#count % keptOutcomes;
    this.#keys[at] = pooled;
    this.#faulty[at] = isFault;
    this.#atUpMs[at] = upMs;
    this.#count += 1;
  }

  /** How the other keys fared lately. */
  beside(pooled: PooledKey, upMs: number): { readonly calls: number; readonly faults: number } {
    let calls = 0;
    let faults = 0;
    for (let at = 0; at < Math.min(this.#count, keptOutcomes); at += 1) {
      if (this.#keys[at] === pooled || (this.#atUpMs[at] ?? 0) < upMs - keptForMs) continue;
      calls += 1;
      if (this.#faulty[at] === true) faults += 1;
    }
    return { calls, faults };
  }
}
