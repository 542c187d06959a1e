import type { PooledKey } from './pooled-key.ts';
import type { PeerStats } from '../rules/outlier-statistics.ts';

const keptOutcomes = 32;
/** What happened longer ago says nothing of the provider as it is now. */
const keptForMs = 5 * 60_000;

/** What the last calls for one model came to, whichever key they were made with: a fault of the provider's or not. */
export class RecentOutcomes {
  readonly #keys: (PooledKey | undefined)[] = [];
  readonly #faulty: boolean[] = [];
  readonly #startedAtMonotonicMs = new Float64Array(keptOutcomes);
  readonly #toUpMs = new Float64Array(keptOutcomes);
  #count = 0;

  note(pooled: PooledKey, isFault: boolean, startedAtMonotonicMs: number, toUpMs: number): void {
    const at = this.#count % keptOutcomes;
    this.#keys[at] = pooled;
    this.#faulty[at] = isFault;
    this.#startedAtMonotonicMs[at] = startedAtMonotonicMs;
    this.#toUpMs[at] = toUpMs;
    this.#count += 1;
  }

  beside(pooled: PooledKey, sinceUpMs: number, monotonicMs: number): PeerStats {
    let [calls, faults, successesSince, faultsSince] = [0, 0, 0, 0];
    for (let at = 0; at < Math.min(this.#count, keptOutcomes); at += 1) {
      const toUpMs = this.#toUpMs[at] ?? 0;
      if (this.#keys[at] === pooled || toUpMs < monotonicMs - keptForMs) continue;
      calls += 1;
      if (this.#faulty[at] === true) {
        faults += 1;
        if (toUpMs >= sinceUpMs) faultsSince += 1;
      } else if ((this.#startedAtMonotonicMs[at] ?? 0) >= sinceUpMs) successesSince += 1;
    }
    return { calls, faults, successesSince, faultsSince };
  }
}
