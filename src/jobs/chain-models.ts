import { type Candidate, candidateName, type Chains, type GenerationOptions, type Job } from '../domain/job.ts';
import type { Emit } from '../domain/events.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { JobKind } from '../domain/kinds.ts';
import { availabilityOf, isUsable, type KeyView, type OfferedModel, type Serving } from '../domain/views.ts';
import type { ModelLookup } from '../domain/provider.ts';
import type { Clock } from '../kit/clock.ts';
import { checkOptions, type CheckedOptions, checkStyle, seedFor } from './request/request-options.ts';
import { type Asker, chainFor, hasEnded, linesOf } from './request/served-chain.ts';
import { ModelCooldowns } from './circuit-breaker/model-cooldowns.ts';

export type ChainModelsOptions = {
  readonly chains: Chains;
  readonly models: ModelLookup;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Whether there is a key for the provider; every provider has some when absent. */
  readonly hasKeys?: ((provider: ProviderName) => boolean) | undefined;
  /** Reads which models the provider serves, and gives it to `noteListed`; never rejects. */
  readonly readModels?: ((provider: ProviderName) => Promise<void>) | undefined;
};

/** The models of the chains: what people call them, and which of them their providers serve. */
export class ChainModels {
  readonly cooldowns: ModelCooldowns;
  readonly #options: ChainModelsOptions;

  constructor(options: ChainModelsOptions) {
    const { clock, emit } = options;
    this.#options = options;
    this.cooldowns = new ModelCooldowns(clock, emit, {
      modelsOf: (provider) => this.modelsOf(provider),
      onGone: (candidate) => void this.#foundGone(candidate),
    });
  }

  /** The models of this provider in any chain. */
  modelsOf(provider: ProviderName): readonly string[] {
    const all = Object.values(this.#options.chains).flat();
    return [...new Set(all.flatMap((candidate) => (candidate.provider === provider ? [candidate.model] : [])))];
  }

  /** A model as people know it: its label, where it has one. */
  labelOf(kind: JobKind, model: string): string | undefined {
    const { chains, models } = this.#options;
    const inPlace = chains[kind].flatMap((candidate) => [candidate, models(candidate).replacedBy ?? candidate]);
    const made = inPlace.find((candidate) => candidate.model === model);
    return made && models(made).label;
  }

  /** The seed with which the result was made; undefined for a model that takes none or that left the chain. */
  seedOf(job: Job): number | undefined {
    const outcome = 'outcome' in job.state ? job.state.outcome : undefined;
    if (outcome?.kind !== 'result') return undefined;
    const { chains, models } = this.#options;
    const candidate = chains[job.kind].find(({ model }) => model === outcome.model);
    return candidate && seedFor(job, candidate, models);
  }

  /** Checks whether a model that this person may use supports the options; resolves the names of models and styles. */
  checkOptions(kind: JobKind, written: GenerationOptions, asker: Asker): CheckedOptions {
    const { chains, models } = this.#options;
    const styled = checkStyle(kind, written);
    if (!styled.ok) return styled;
    const { options } = styled;
    const chain = chainFor(chains[kind], asker, models);
    // Who may use no model of the kind is told so when they ask.
    return chain.length === 0 ? { ok: true, options } : checkOptions(chain, options, models);
  }

  /** The models that this person may ask for, in order, each once: of providers that have keys, and not at their end. */
  offered(kind: JobKind, asker: Asker): readonly OfferedModel[] {
    const { chains, models, clock, hasKeys = () => true } = this.#options;
    const seen = new Set<string>();
    return chainFor(chains[kind], asker, models).flatMap((candidate) => {
      const facts = models(candidate);
      const isOver = hasEnded(facts, clock.now()) && facts.replacedBy === undefined;
      if (seen.has(candidate.model) || isOver || !hasKeys(candidate.provider)) return [];
      seen.add(candidate.model);
      const { label, price, usualMs } = facts;
      return [
        {
          ...candidate,
          ...(label === undefined ? {} : { label }),
          ...(price === undefined ? {} : { price }),
          ...(usualMs === undefined ? {} : { usualMs }),
        },
      ];
    });
  }

  /** The provider lists so many models; none means that it serves nothing, however good its keys are. */
  noteListed(provider: ProviderName, models: number): void {
    if (this.modelsOf(provider).length > 0) this.cooldowns.noteListed(provider, models);
  }

  /** True for a provider whose keys are accepted and which serves none of its models in the chains. */
  isEmpty(provider: ProviderName): boolean {
    return this.cooldowns.isEmpty(provider);
  }

  /** Whether a candidate of any kind could be asked with one of these keys, and its provider serves models. */
  serving(keys: readonly Pick<KeyView, 'provider' | 'state'>[]): Serving {
    if (!isUsable(availabilityOf(keys))) return 'no-key';
    const { chains, models } = this.#options;
    const couldServe = (line: ProviderName) =>
      !this.isEmpty(line) && isUsable(availabilityOf(keys.filter(({ provider }) => provider === line)));
    return [...linesOf(chains, models)].some(couldServe) ? 'yes' : 'no-model';
  }

  /** The provider may serve none of its models, which its list of models tells, where it has one. */
  async #foundGone(candidate: Candidate): Promise<void> {
    const { models, emit, readModels } = this.#options;
    const { provider, model } = candidate;
    await readModels?.(provider);
    if (this.isEmpty(provider)) return;
    const { replacedBy } = models(candidate);
    const instead = replacedBy === undefined ? {} : { replacedBy: candidateName(replacedBy) };
    emit({ event: 'model.gone', provider, model, ...instead });
  }
}
