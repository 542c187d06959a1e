import { candidateName, type Candidate, type Chains } from '../../domain/job.ts';
import { jobKinds } from '../../domain/kinds.ts';
import type { ModelFacts, ModelLookup } from '../../domain/provider.ts';
import type { ChainModel } from '../../domain/views.ts';
import type { ModelCooldowns } from '../circuit-breaker/model-cooldowns.ts';

type Tools = {
  readonly models: ModelLookup;
  readonly cooldowns: Pick<ModelCooldowns, 'isGone' | 'isCooling'>;
  readonly nowMs: number;
};

/** Every candidate of every chain, in order, as it is known now. */
export function modelsInChains(chains: Chains, tools: Tools): readonly ChainModel[] {
  return jobKinds.flatMap((kind) =>
    chains[kind].map((candidate): ChainModel => {
      const { label, usualMs, endsOn, replacedBy } = tools.models(candidate);
      return {
        ...candidate,
        kind,
        state: stateOf(candidate, tools),
        ...(label === undefined ? {} : { label }),
        ...(usualMs === undefined ? {} : { usualMs }),
        ...(endsOn === undefined ? {} : { endsOn }),
        ...(replacedBy === undefined ? {} : { replacedBy: candidateName(replacedBy) }),
      };
    }),
  );
}

function stateOf(candidate: Candidate, { models, cooldowns, nowMs }: Tools): ChainModel['state'] {
  if (hasEnded(models(candidate), nowMs)) return 'ended';
  if (cooldowns.isGone(candidate)) return 'gone';
  return cooldowns.isCooling(candidate) ? 'resting' : 'served';
}

/** The moment at which a model ends, in milliseconds since 1970: the beginning of that day in UTC. */
export function endsAtMs(endsOn: string): number {
  return Date.parse(`${endsOn}T00:00:00Z`);
}

export function hasEnded({ endsOn }: ModelFacts, nowMs: number): boolean {
  return endsOn !== undefined && nowMs >= endsAtMs(endsOn);
}
