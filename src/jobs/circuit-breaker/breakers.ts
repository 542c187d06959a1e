import type { Chains } from '../../domain/job.ts';
import type { Emit } from '../../domain/events.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { ModelLookup } from '../../domain/provider.ts';
import type { Clock } from '../../kit/clock.ts';
import { acceptsCalls, type CoolReason, type KeyState } from '../../domain/key-state.ts';
import { everyMechanism, type Mechanisms } from '../../domain/mechanisms.ts';
import type { KeyPool } from '../../keys/pool/key-pool.ts';
import type { Random } from '../../kit/backoff.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { ModelCooldowns } from './model-cooldowns.ts';
import { linesOf } from '../request/chain-models.ts';
import { shareOutages } from './shared-outages.ts';

export type Breakers = ReadonlyMap<ProviderName, CircuitBreaker>;

export type BreakersOptions = {
  readonly chains: Chains;
  /** A model may be replaced by one of another provider, which then needs a breaker, too. */
  readonly models?: ModelLookup | undefined;
  /** Programs may name a model of a provider that stands in no chain. */
  readonly providers?: ReadonlyMap<ProviderName, unknown>;
  readonly pool: KeyPool;
  readonly modelCooldowns: ModelCooldowns;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly mechanisms?: Mechanisms | undefined;
};

/** Longer than any call lasts; the turn of a process that dies is over before. */
const maxProbeMs = 3_600_000;

/** Creates a breaker for each provider of the chains, and for each that can be asked. An open breaker rolls back guesses about its keys and models. */
export function createBreakers(options: BreakersOptions): Breakers {
  const { chains, pool, modelCooldowns, clock, random, emit, mechanisms = everyMechanism } = options;
  const { sharing } = pool;
  const providers = new Set([...linesOf(chains, options.models), ...(options.providers?.keys() ?? [])]);
  const breakerOf = (provider: ProviderName) =>
    new CircuitBreaker({
      clock,
      random,
      mechanisms,
      keys: () =>
        pool.snapshot(provider).keys.filter(({ state }) => acceptsCalls(state) || coolsWithoutFault(state)).length,
      onChange: (open) => {
        emit({ event: open ? 'breaker.opened' : 'breaker.closed', provider });
        if (open) modelCooldowns.clearGuesses(provider);
        sharing?.board.changed('breaker', provider);
      },
      takeTurn: sharing && ((restMs) => sharing.beginTurn(`breaker ${provider}`, { forMs: maxProbeMs, restMs })),
      onProviderFaults: (sinceMs) => {
        if (mechanisms.guessRollback) pool.clearGuesses(provider, sinceMs);
      },
      hasOtherModel: (model) => mechanisms.modelSilence && hasOtherModel(chains, provider, model),
      onModelDown: (model) => modelCooldowns.noteDown({ provider, model }),
    });
  const breakers = new Map([...providers].map((provider) => [provider, breakerOf(provider)]));
  if (sharing !== undefined) shareOutages(sharing.board, breakers, modelCooldowns);
  return breakers;
}

/** True when a chain with this provider has another one whose breaker is closed; a preferred model may be the last of it. */
export function hasFallback(chains: Chains, provider: ProviderName, breakers: Breakers): boolean {
  return Object.values(chains).some((chain) => {
    const others = chain.filter((candidate) => candidate.provider !== provider);
    return others.length < chain.length && others.some((other) => breakers.get(other.provider)?.isOpen === false);
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

const worksLater: ReadonlySet<CoolReason> = new Set(['timed-out', 'fails-alone', 'window']);

/** True when the key cools down for a fault that the provider may have caused, or for no fault. */
function coolsWithoutFault(state: KeyState): boolean {
  return state.kind === 'cooling' && worksLater.has(state.reason);
}
