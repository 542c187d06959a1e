import type { Candidate } from '../domain/candidate.ts';
import { candidateName } from '../domain/candidate.ts';
import type { Tell } from '../domain/events.ts';
import type { ProviderName } from '../domain/provider-name.ts';
import type { Clock } from '../kit/clock.ts';

const unknownForMs = 5 * 60_000;
const silentForMs = 60_000;

type Rest = { readonly untilMs: number; readonly provider: ProviderName; readonly isGuess: boolean };

/** Which models rest for everyone, since they were answered with "no such model" or fell silent alone. */
export class ModelRest {
  readonly #clock: Clock;
  readonly #tell: Tell;
  readonly #rests = new Map<string, Rest>();

  constructor(clock: Clock, tell: Tell) {
    this.#clock = clock;
    this.#tell = tell;
  }

  noteUnknown(candidate: Candidate): void {
    this.#rest(candidate, unknownForMs, false);
  }

  noteSilent(candidate: Candidate): void {
    this.#rest(candidate, silentForMs, true);
  }

  /** Its models were not silent alone: the provider is. */
  wakeSilent(provider: ProviderName): void {
    for (const [name, rest] of this.#rests) if (rest.isGuess && rest.provider === provider) this.#rests.delete(name);
  }

  isResting(candidate: Candidate): boolean {
    if (this.#rests.size === 0) return false;
    return (this.#rests.get(candidateName(candidate))?.untilMs ?? -Infinity) > this.#clock.uptimeMs();
  }

  #rest(candidate: Candidate, forMs: number, isGuess: boolean): void {
    const { provider, model } = candidate;
    this.#rests.set(candidateName(candidate), { untilMs: this.#clock.uptimeMs() + forMs, provider, isGuess });
    this.#tell({ event: 'model.resting', provider, model, forMs });
  }
}
