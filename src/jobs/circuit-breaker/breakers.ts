import { type Candidate, candidateName, type Chains, type Job } from '../../domain/job.ts';
import type { Emit } from '../../domain/events.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { Clock } from '../../kit/clock.ts';
import { type KeyState, acceptsCalls } from '../../domain/key-state.ts';
import { everyMechanism, type Mechanisms } from '../../domain/mechanisms.ts';
import type { KeyPool } from '../../keys/pool/key-pool.ts';
import type { Random } from '../../kit/backoff.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { ModelRefusals } from './model-refusals.ts';

export type Breakers = ReadonlyMap<ProviderName, CircuitBreaker>;

export type BreakersOptions = {
  readonly chains: Chains;
  readonly pool: KeyPool;
  readonly modelCooldowns: ModelCooldowns;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly mechanisms?: Mechanisms | undefined;
};

/** Creates a breaker for each provider of the chains. An open breaker rolls back guesses about its keys and models. */
export function createBreakers(options: BreakersOptions): Breakers {
  const { chains, pool, modelCooldowns, clock, random, emit, mechanisms = everyMechanism } = options;
  const providers = new Set(Object.values(chains).flatMap((chain) => chain.map(({ provider }) => provider)));
  const breakerOf = (provider: ProviderName) =>
    new CircuitBreaker({
      clock,
      random,
      mechanisms,
      keys: () => pool.snapshot(provider).keys.filter(({ state }) => acceptsCalls(state) || coolsByGuess(state)).length,
      onChange: (open) => {
        emit({ event: open ? 'breaker.opened' : 'breaker.closed', provider });
        if (open) modelCooldowns.clearGuesses(provider);
      },
      onProviderFaults: (sinceMs) => {
        if (mechanisms.guessRollback) pool.clearGuesses(provider, sinceMs);
      },
      hasOtherModel: (model) => mechanisms.modelSilence && hasOtherModel(chains, provider, model),
      onModelDown: (model) => modelCooldowns.noteDown({ provider, model }),
    });
  return new Map([...providers].map((provider) => [provider, breakerOf(provider)]));
}

/** True when a chain continues after this provider with one whose breaker is closed. */
export function hasFallback(chains: Chains, provider: ProviderName, breakers: Breakers): boolean {
  return Object.values(chains).some((chain) => {
    const at = chain.findIndex((candidate) => candidate.provider === provider);
    return at >= 0 && chain.slice(at + 1).some((later) => breakers.get(later.provider)?.isOpen === false);
  });
}

/** True when a chain continues after this model with another one of the same provider. */
function hasOtherModel(chains: Chains, provider: ProviderName, model: string): boolean {
  return Object.values(chains).some((chain) => {
    const own = chain.filter((candidate) => candidate.provider === provider);
    const at = own.findIndex((candidate) => candidate.model === model);
    return at >= 0 && at < own.length - 1;
  });
}

/** True when the key cools down for a fault that the provider may have caused. */
function coolsByGuess(state: KeyState): boolean {
  return state.kind === 'cooling' && (state.reason === 'timed-out' || state.reason === 'fails-alone');
}

const unknownForMs = 5 * 60_000;
const downForMs = 60_000;

type Cooldown = { readonly untilMs: number; readonly provider: ProviderName; readonly isGuess: boolean };

/** Models that cool down for all jobs: the provider does not know them, serves them to no key, or only they stopped answering. */
export class ModelCooldowns {
  readonly #clock: Clock;
  readonly #emit: Emit;
  readonly #cooldowns = new Map<string, Cooldown>();
  readonly #refusals = new ModelRefusals();

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock;
    this.#emit = emit;
  }

  noteUnknown(candidate: Candidate): void {
    this.#coolDown(candidate, unknownForMs, false);
  }

  noteDown(candidate: Candidate): void {
    this.#coolDown(candidate, downForMs, true);
  }

  noteServed(candidate: Candidate): void {
    this.#refusals.served(candidateName(candidate), this.#clock.monotonicMs());
  }

  /** Records a refused request (see ModelRefusals). Returns true when the model is closed: it cools down then. */
  noteRefused(candidate: Candidate, job: Job, isElsewhere: boolean, sinceMonotonicMs: number): boolean {
    if (!this.#refusals.isClosed(candidateName(candidate), job, isElsewhere, sinceMonotonicMs)) return false;
    const { provider, model } = candidate;
    this.#emit({ event: 'model.closed', provider, model });
    this.#coolDown(candidate, unknownForMs, false);
    return true;
  }

  /** Ends the cooldowns of models that counted as down: the provider itself is down. */
  clearGuesses(provider: ProviderName): void {
    for (const [name, cooldown] of this.#cooldowns)
      if (cooldown.isGuess && cooldown.provider === provider) this.#cooldowns.delete(name);
  }

  isCooling(candidate: Candidate): boolean {
    if (this.#cooldowns.size === 0) return false;
    return (this.#cooldowns.get(candidateName(candidate))?.untilMs ?? -Infinity) > this.#clock.monotonicMs();
  }

  #coolDown(candidate: Candidate, forMs: number, isGuess: boolean): void {
    const { provider, model } = candidate;
    this.#cooldowns.set(candidateName(candidate), { untilMs: this.#clock.monotonicMs() + forMs, provider, isGuess });
    this.#emit({ event: 'model.cooling', provider, model, forMs });
  }
}
