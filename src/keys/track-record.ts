type LosingStreak = { readonly sinceMs: number; readonly count: number };

/** How one key fares with each model, as far as the provider's own fault goes. */
export class TrackRecord {
  readonly #streaks = new Map<string, LosingStreak>();
  readonly #successes = new Map<string, number>();

  noteSuccess(model: string, nowMs: number): void {
    this.#streaks.delete(model);
    this.#successes.set(model, nowMs);
  }

  noteFault(model: string, nowMs: number): void {
    const { sinceMs, count } = this.#streaks.get(model) ?? { sinceMs: nowMs, count: 0 };
    this.#streaks.set(model, { sinceMs, count: count + 1 });
  }

  /** The failures with this model that no success has ended yet. */
  streak(model: string): LosingStreak | undefined {
    return this.#streaks.get(model);
  }

  succeededSince(model: string, sinceMs: number): boolean {
    return (this.#successes.get(model) ?? -Infinity) >= sinceMs;
  }
}

export type Sibling = { readonly trackRecord: TrackRecord; readonly isReady: boolean };

/** One failure happens to every key. */
const suspiciousCount = 2;

/**
 * How often in a row the key has failed where its siblings do not: one of them succeeded meanwhile, or none of them
 * fails. 0 when it does not stand out: with a provider that is down all of them fail, and none is set apart for it.
 */
export function failuresAlone(trackRecord: TrackRecord, model: string, siblings: readonly Sibling[]): number {
  const streak = trackRecord.streak(model);
  if (streak === undefined || streak.count < suspiciousCount) return 0;
  const others = siblings.map((sibling) => sibling.trackRecord);
  const standsOut =
    others.some((other) => other.succeededSince(model, streak.sinceMs)) ||
    (siblings.some(({ isReady }) => isReady) && others.every((other) => other.streak(model) === undefined));
  return standsOut ? streak.count : 0;
}
