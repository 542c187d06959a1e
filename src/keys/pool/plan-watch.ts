import type { KeyId } from '../../domain/ids.ts';

/** A key that is limited this often with one model, over this long and without one success, has no right to the model. */
const enough = { limits: 8, spanMs: 10 * 60_000 } as const;
/** More pairs are forgotten all at once: none of them was concluded upon. */
const maxPairs = 10_000;

type Streak = { limits: number; readonly sinceMonotonicMs: number };

/**
 * Finds the rate limit that never ends. Some providers refuse every call to a model outside the plan of a key with the
 * status of a rate limit, and with a wait that changes nothing. One success of the pair shows that the plan includes it.
 */
export class PlanWatch {
  readonly #streaks = new Map<string, Streak>();
  readonly #served = new Set<string>();

  /** Records a rate limit. Returns true when the model does not seem to be in the plan of the key; counting then starts again. */
  limited(id: KeyId, model: string, monotonicMs: number): boolean {
    const pair = `${id} ${model}`;
    if (this.#served.has(pair)) return false;
    if (this.#streaks.size >= maxPairs) this.#streaks.clear();
    const streak = this.#streaks.get(pair) ?? { limits: 0, sinceMonotonicMs: monotonicMs };
    streak.limits += 1;
    this.#streaks.set(pair, streak);
    const isEndless = streak.limits >= enough.limits && monotonicMs - streak.sinceMonotonicMs >= enough.spanMs;
    if (isEndless) this.#streaks.delete(pair);
    return isEndless;
  }

  succeeded(id: KeyId, model: string): void {
    const pair = `${id} ${model}`;
    if (this.#served.has(pair)) return;
    if (this.#served.size >= maxPairs) this.#served.clear();
    this.#served.add(pair);
    this.#streaks.delete(pair);
  }
}
