import type { Candidate } from '../domain/candidate.ts';
import { candidateName } from '../domain/candidate.ts';
import type { Clock } from '../kit/clock.ts';

export const modelRestMs = 5 * 60_000;

/** Remembers which models were answered with "no such model": they rest a few minutes for everyone. */
export class ModelRest {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  rest(candidate: Candidate): void {
    this.#untilMs.set(candidateName(candidate), this.#clock.now() + modelRestMs);
  }

  isResting(candidate: Candidate): boolean {
    return (this.#untilMs.get(candidateName(candidate)) ?? 0) > this.#clock.now();
  }
}
