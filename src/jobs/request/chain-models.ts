import {
  type Candidate,
  candidateName,
  type Chains,
  type GenerationOptions,
  type Job,
  type JobRequest,
  type OptionMistake,
  type OptionName,
  isForPicture,
} from '../../domain/job.ts';
import type { Emit } from '../../domain/events.ts';
import type { ProviderName } from '../../domain/ids.ts';
import { type JobKind, styleOf, stylesOf } from '../../domain/kinds.ts';
import {
  availabilityOf,
  type ChainModel,
  isUsable,
  type KeyView,
  type OfferedModel,
  type Serving,
} from '../../domain/views.ts';
import { type ModelLookup, type ModelFacts, songOptions } from '../../domain/provider.ts';
import type { Clock } from '../../kit/clock.ts';
import { seedFor } from './generation-request.ts';
import { hasEnded, ModelCooldowns, modelsInChains } from '../circuit-breaker/model-cooldowns.ts';

type ChainModelsOptions = {
  readonly chains: Chains;
  readonly models: ModelLookup;
  readonly clock: Clock;
  readonly emit: Emit;
  /** The providers that have keys now; every provider has some when absent. */
  readonly keyedProviders?: ReadonlySet<ProviderName> | undefined;
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

  /** The models of this provider in any chain, and those that may replace one. */
  modelsOf(provider: ProviderName): readonly string[] {
    const { chains, models } = this.#options;
    return everyCandidate(chains, models).flatMap((one) => (one.provider === provider ? [one.model] : []));
  }

  /** A model as people know it: its label, where it has one. */
  labelOf(kind: JobKind, model: string): string | undefined {
    const { chains, models } = this.#options;
    const inPlace = chains[kind].flatMap((candidate) => [candidate, models(candidate).replacedBy ?? candidate]);
    const made = inPlace.find((candidate) => candidate.model === model);
    return made && models(made).label;
  }

  /** The seed with which the model made the job; undefined for one that takes none or that left the chain. */
  seedOf(job: Job, made: string): number | undefined {
    const { chains, models } = this.#options;
    const candidate = chains[job.kind].find(({ model }) => model === made);
    return candidate && seedFor(job, candidate, models);
  }

  /** Checks whether a model that this person may use supports the options; resolves the names of models and styles. */
  checkOptions(kind: JobKind, written: GenerationOptions, asker: Asker): CheckedOptions {
    const { chains, models } = this.#options;
    const styled = checkStyle(kind, written);
    if (!styled.ok) return styled;
    const { options } = styled;
    const chain = chainFor(chains[kind], asker, models).filter((one) => isForPicture(models(one), options));
    // Who may use no model of the kind is told so when they ask.
    return chain.length === 0 ? { ok: true, options } : checkOptions(chain, options, models);
  }

  /** Whether a model that this person may use, of a provider that has keys, follows the options. */
  canFollow(kind: JobKind, options: GenerationOptions, asker: Asker): boolean {
    const { chains, models, keyedProviders } = this.#options;
    return candidatesFor(chainFor(chains[kind], asker, models), options, models).some(
      ({ provider }) => keyedProviders?.has(provider) !== false,
    );
  }

  /** The models that this person may ask for, in order, each once: of providers that have keys, and not at their end. */
  offered(kind: JobKind, asker: Asker): readonly OfferedModel[] {
    const { chains, models, clock, keyedProviders } = this.#options;
    const seen = new Set<string>();
    return chainFor(chains[kind], asker, models).flatMap((candidate) => {
      const facts = models(candidate);
      const isOver = hasEnded(facts, clock.now()) && facts.replacedBy === undefined;
      const isOffered = isForPicture(facts) && !seen.has(candidate.model) && !isOver;
      if (!isOffered || keyedProviders?.has(candidate.provider) === false) return [];
      seen.add(candidate.model);
      const { label, price, usualMs } = facts;
      const told = { ...(price === undefined ? {} : { price }), ...(usualMs === undefined ? {} : { usualMs }) };
      return [{ ...candidate, ...(label === undefined ? {} : { label }), ...told }];
    });
  }

  /** Every candidate of every chain, in order, as it is known now. */
  inChains(): readonly ChainModel[] {
    const { chains, models, clock } = this.#options;
    return modelsInChains(chains, { models, cooldowns: this.cooldowns, nowMs: clock.now() });
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

type ServedTools = {
  readonly models: ModelLookup;
  readonly modelCooldowns: Pick<ModelCooldowns, 'isUnknown'>;
  readonly breakers: { has(provider: ProviderName): boolean };
};

/** What is asked in its place: its replacement, once it has ended or is not served; one that is `next` anyway waits its turn. */
export function servedCandidate(candidate: Candidate, nowMs: number, tools: ServedTools, next?: Candidate): Candidate {
  const { models, modelCooldowns, breakers } = tools;
  let served = candidate;
  for (let steps = 0; steps < maxReplacements; steps += 1) {
    const facts = models(served);
    const { replacedBy } = facts;
    const isOver = replacedBy !== undefined && (hasEnded(facts, nowMs) || modelCooldowns.isUnknown(served));
    // A provider that no line works for could never be asked.
    if (!isOver || !breakers.has(replacedBy.provider)) return served;
    if (next?.model === replacedBy.model && next.provider === replacedBy.provider) return candidate;
    served = replacedBy;
  }
  return candidate;
}

/** The providers of the chains and of what may replace their models: each needs a line of its own. */
export function linesOf(chains: Chains, models: ModelLookup | undefined): ReadonlySet<ProviderName> {
  return new Set(everyCandidate(chains, models).map(({ provider }) => provider));
}

/** The candidates of the chains and what may replace them, each once. */
function everyCandidate(chains: Chains, models: ModelLookup | undefined): readonly Candidate[] {
  const seen = new Map(Object.values(chains).flatMap((chain) => chain.map((one) => [candidateName(one), one])));
  // What is added meanwhile has its turn too.
  for (const candidate of seen.values()) {
    const replacedBy = models?.(candidate).replacedBy;
    if (replacedBy !== undefined) seen.set(candidateName(replacedBy), replacedBy);
  }
  return [...seen.values()];
}

export type CheckedOptions =
  | { readonly ok: true; readonly options: GenerationOptions }
  | { readonly ok: false; readonly mistake: OptionMistake };

/** The candidates that support all the options, the preferred one first, else in chain order; without options the whole chain. */
export function candidatesFor(
  chain: readonly Candidate[],
  options: GenerationOptions | undefined,
  models: ModelLookup,
): readonly Candidate[] {
  const suited = chain.filter((candidate) => isForPicture(models(candidate), options));
  if (options === undefined) return suited;
  const { preferred } = options;
  const following = suited.filter(
    (candidate) =>
      (options.model === undefined || options.model === candidate.model) &&
      asked(options).every((option) => taken(candidate, models).includes(option)),
  );
  if (preferred === undefined) return following;
  return following.toSorted((a, b) => Number(b.model === preferred) - Number(a.model === preferred));
}

/** Resolves the named model and checks that a candidate of the chain supports all the options. */
export function checkOptions(
  chain: readonly Candidate[],
  options: GenerationOptions,
  models: ModelLookup,
): CheckedOptions {
  const candidate = options.model === undefined ? undefined : named(chain, options.model, models);
  if (options.model !== undefined && candidate === undefined) {
    const models = [...new Set(chain.map(({ model }) => model))];
    return { ok: false, mistake: { kind: 'unknown-model', written: options.model.trim(), models } };
  }
  const resolved = candidate === undefined ? options : { ...options, model: candidate.model };
  if (candidatesFor(chain, resolved, models).length > 0) return { ok: true, options: resolved };
  // No candidate supports every option: the mistake describes the one that supports the most.
  const [best] = candidatesFor(chain, resolved.model === undefined ? {} : { model: resolved.model }, models).toSorted(
    (a, b) => missing(a, resolved, models).length - missing(b, resolved, models).length,
  );
  const takes = best === undefined ? [] : taken(best, models);
  const [option = 'model'] = best === undefined ? [] : missing(best, resolved, models);
  return {
    ok: false,
    mistake: { kind: 'not-taken', option, takes, ...(candidate === undefined ? {} : { model: candidate.model }) },
  };
}

/** Resolves the named style: of what is seen, one of the table, which every model follows, since it is words. */
function checkStyle(kind: JobKind, { style, ...others }: GenerationOptions): CheckedOptions {
  const styles = stylesOf(kind);
  if (style === undefined || styles.length === 0) {
    return { ok: true, options: style === undefined ? others : { ...others, style } };
  }
  const preset = styleOf(style, kind);
  return preset === undefined
    ? { ok: false, mistake: { kind: 'unknown-style', written: style, styles } }
    : { ok: true, options: { ...others, preset } };
}

/** Finds a model by its full name, by the part after the slash if that is unique, or by its label, as captions show it. */
function named(chain: readonly Candidate[], name: string, models: ModelLookup): Candidate | undefined {
  const exact = name.trim();
  const whole = chain.find(({ provider, model }) => model === exact || `${provider}:${model}` === exact);
  if (whole !== undefined) return whole;
  const short = chain.filter(({ model }) => model.slice(model.lastIndexOf('/') + 1) === exact);
  if (short.length > 0) return new Set(short.map(({ model }) => model)).size === 1 ? short[0] : undefined;
  return chain.find((candidate) => models(candidate).label?.toLowerCase() === exact.toLowerCase());
}

function taken(candidate: Candidate, models: ModelLookup): readonly OptionName[] {
  const row = models(candidate);
  return [
    ...(row.size === undefined ? [] : (['aspect'] as const)),
    ...(row.seed ? (['seed'] as const) : []),
    ...(row.negative ? (['no'] as const) : []),
    ...(row.song ?? []),
  ];
}

function asked({ aspect, seed, negative, ...others }: GenerationOptions): readonly OptionName[] {
  return [
    ...(aspect === undefined ? [] : (['aspect'] as const)),
    ...(seed === undefined ? [] : (['seed'] as const)),
    ...(negative === undefined ? [] : (['no'] as const)),
    ...songOptions.filter((option) => others[option] !== undefined),
  ];
}

function missing(candidate: Candidate, options: GenerationOptions, models: ModelLookup): readonly OptionName[] {
  return asked(options).filter((option) => !taken(candidate, models).includes(option));
}
