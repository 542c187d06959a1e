import { candidateName, type Candidate, type Chains, type JobRequest } from '../../domain/job.ts';
import type { ProviderName } from '../../domain/ids.ts';
import type { ModelFacts, ModelLookup } from '../../domain/provider.ts';
import type { ModelCooldowns } from '../circuit-breaker/model-cooldowns.ts';
import { candidatesFor } from './request-options.ts';

/** Longer rows of replacements are a mistake, or go in a circle. */
const maxReplacements = 5;

/** Who asks. */
export type Asker = Pick<JobRequest, 'lane'> & { readonly userId: number };

/** The part of a chain that this person may use. */
export function chainFor(chain: readonly Candidate[], asker: Asker, models: ModelLookup): readonly Candidate[] {
  return chain.filter((candidate) => mayUse(asker, models(candidate)));
}

/** The candidates of a request, in order: those that its person may use and that follow its options. */
export function requestChain(
  { kind, lane, origin: { userId }, options }: Pick<JobRequest, 'kind' | 'lane' | 'origin' | 'options'>,
  chains: Chains,
  models: ModelLookup,
): readonly Candidate[] {
  return candidatesFor(chainFor(chains[kind], { lane, userId }, models), options, models);
}

function mayUse({ lane, userId }: Asker, { audience = 'everyone' }: ModelFacts): boolean {
  if (audience === 'everyone') return true;
  return audience === 'premium' ? lane === 'premium' : audience.has(userId);
}

/** The moment at which a model ends, in milliseconds since 1970: the beginning of that day in UTC. */
export function endsAtMs(endsOn: string): number {
  return Date.parse(`${endsOn}T00:00:00Z`);
}

export function hasEnded({ endsOn }: ModelFacts, nowMs: number): boolean {
  return endsOn !== undefined && nowMs >= endsAtMs(endsOn);
}

export type ServedTools = {
  readonly models: ModelLookup;
  readonly modelCooldowns: Pick<ModelCooldowns, 'isGone'>;
  readonly breakers: { has(provider: ProviderName): boolean };
};

/** The candidate that is asked in its place: its replacement, once it has ended or its provider does not serve it. */
export function servedCandidate(candidate: Candidate, nowMs: number, tools: ServedTools): Candidate {
  const { models, modelCooldowns, breakers } = tools;
  let served = candidate;
  for (let steps = 0; steps < maxReplacements; steps += 1) {
    const facts = models(served);
    const { replacedBy } = facts;
    const isOver = replacedBy !== undefined && (hasEnded(facts, nowMs) || modelCooldowns.isGone(served));
    // A provider that no line works for could never be asked.
    if (!isOver || !breakers.has(replacedBy.provider)) return served;
    served = replacedBy;
  }
  return candidate;
}

/** The providers of the chains and of what may replace their models: each needs a line of its own. */
export function linesOf(chains: Chains, models: ModelLookup | undefined): ReadonlySet<ProviderName> {
  const seen = new Map<string, Candidate>();
  const add = (candidate: Candidate): void => {
    if (seen.has(candidateName(candidate))) return;
    seen.set(candidateName(candidate), candidate);
    const replacedBy = models?.(candidate).replacedBy;
    if (replacedBy !== undefined) add(replacedBy);
  };
  for (const chain of Object.values(chains)) for (const candidate of chain) add(candidate);
  return new Set([...seen.values()].map(({ provider }) => provider));
}
