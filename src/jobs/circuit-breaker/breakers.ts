import { type Candidate, candidateName, type Chains } from '../../domain/job.ts';
import type { Emit } from '../../domain/events.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { Clock } from '../../kit/clock.ts';
import { type KeyState, acceptsCalls } from '../../domain/key-state.ts';
import { everyMechanism, type Mechanisms } from '../../domain/mechanisms.ts';
import type { KeyPool } from '../../keys/pool/key-pool.ts';
import type { Random } from '../../kit/backoff.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

const unknownForMs = 5 * 60_000;
const silentForMs = 60_000;

type Rest = { readonly untilMs: number; readonly provider: ProviderName; readonly isGuess: boolean };

/** Which models rest for everyone, since they were answered with "no such model" or fell silent alone. */
export class ModelCooldowns {
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #rests = new Map<string, Rest>();

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock;
    this.#emit = emit;
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
    return (this.#rests.get(candidateName(candidate))?.untilMs ?? -Infinity) > this.#clock.monotonicMs();
  }

  #rest(candidate: Candidate, forMs: number, isGuess: boolean): void {
    const { provider, model } = candidate;
    this.#rests.set(candidateName(candidate), { untilMs: this.#clock.monotonicMs() + forMs, provider, isGuess });
    this.#emit({ event: 'model.cooling', provider, model, forMs });
  }
}

export type Breakers = ReadonlyMap<ProviderName, CircuitBreaker>;

export type BreakersOptions = {
  readonly chains: Chains;
  readonly pool: KeyPool;
  readonly resting: ModelCooldowns;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly mechanisms?: Mechanisms | undefined;
};

/** A breaker for each provider of the chains; what was guessed of keys and models from its silence is rolled back. */
export function createBreakers(options: BreakersOptions): Breakers {
  const { chains, pool, resting, clock, random, emit, mechanisms = everyMechanism } = options;
  const providers = new Set(Object.values(chains).flatMap((chain) => chain.map(({ provider }) => provider)));
  const breakerOf = (provider: ProviderName) =>
    new CircuitBreaker({
      clock,
      random,
      mechanisms,
      keys: () => pool.snapshot(provider).keys.filter(({ state }) => acceptsCalls(state) || restsByGuess(state)).length,
      onChange: (open) => {
        emit({ event: open ? 'breaker.opened' : 'breaker.closed', provider });
        if (open) resting.wakeSilent(provider);
      },
      onSilence: (sinceMs) => {
        if (mechanisms.guessRollback) pool.clearGuesses(provider, sinceMs);
      },
      hasOtherModel: (model) => mechanisms.modelSilence && hasOtherModel(chains, provider, model),
      onModelSilence: (model) => resting.noteSilent({ provider, model }),
    });
  return new Map([...providers].map((provider) => [provider, breakerOf(provider)]));
}

/** Is there a chain that goes on, after this provider, to one that is not silent? */
export function hasElsewhere(chains: Chains, provider: ProviderName, breakers: Breakers): boolean {
  return Object.values(chains).some((chain) => {
    const at = chain.findIndex((candidate) => candidate.provider === provider);
    return at >= 0 && chain.slice(at + 1).some((later) => breakers.get(later.provider)?.isOpen === false);
  });
}

/** Is there a chain that goes on, after this model, to another one of the same provider? */
function hasOtherModel(chains: Chains, provider: ProviderName, model: string): boolean {
  return Object.values(chains).some((chain) => {
    const own = chain.filter((candidate) => candidate.provider === provider);
    const at = own.findIndex((candidate) => candidate.model === model);
    return at >= 0 && at < own.length - 1;
  });
}

/** Resting for a fault that may have been the provider's. */
function restsByGuess(state: KeyState): boolean {
  return state.kind === 'cooling' && (state.reason === 'timed-out' || state.reason === 'fails-alone');
}
