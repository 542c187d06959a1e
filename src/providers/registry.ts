import { type Candidate, candidateName } from '../domain/job.ts';
import type { JobKind } from '../domain/kinds.ts';
import { type ModelFacts, type ModelLookup, textOnly, type ListedModel } from '../domain/provider.ts';
import type { ProviderName } from '../domain/ids.ts';
import { a1111Definition } from './a1111/a1111-definition.ts';
import { anthropicDefinition } from './anthropic/anthropic-definition.ts';
import { bflDefinition } from './bfl/bfl-definition.ts';
import { bytezDefinition } from './bytez/bytez-definition.ts';
import { comfyuiDefinition } from './comfyui/comfyui-definition.ts';
import { cloudflareDefinition } from './cloudflare/cloudflare-definition.ts';
import { elevenlabsDefinition } from './elevenlabs/elevenlabs-definition.ts';
import { cohereDefinition } from './cohere/cohere-definition.ts';
import { falDefinition } from './fal/fal-definition.ts';
import { geminiDefinition } from './gemini/gemini-definition.ts';
import { pollinationsDefinition } from './pollinations/pollinations-definition.ts';
import { togetherDefinition } from './together/together-definition.ts';
import { deepseekDefinition } from './deepseek/deepseek-definition.ts';
import { mistralDefinition } from './mistral/mistral-definition.ts';
import { xaiDefinition } from './xai/xai-definition.ts';
import { openrouterDefinition } from './openrouter/openrouter-definition.ts';
import { hfDefinition } from './hf/hf-definition.ts';
import { type ExtraNames, extraDefinitions, parseExtraNames } from './extra-providers.ts';
import { hordeDefinition } from './horde/horde-definition.ts';
import { openaiDefinition } from './openai/openai-definition.ts';
import { stabilityDefinition } from './stability/stability-definition.ts';
import { kieDefinition, sunoDefinition } from './suno/suno-definitions.ts';
import type { ModelDefinition, ProviderDefinition } from './provider-definition.ts';
import { replicateDefinition } from './replicate/replicate-definition.ts';

/** A provider without an adapter in this version; its keys and settings are read and kept. */
const klingDefinition: ProviderDefinition = {
  name: 'kling',
  prefixes: ['KLING'],
  baseUrl: 'https://api-singapore.klingai.com',
  seatsPerKey: 4,
  models: [],
  otherModels: textOnly,
  chains: {},
};

/** Every provider that this version knows, in listing order. */
export const providerDefinitions: readonly ProviderDefinition[] = [
  bytezDefinition,
  a1111Definition,
  comfyuiDefinition,
  hordeDefinition,
  pollinationsDefinition,
  cloudflareDefinition,
  togetherDefinition,
  hfDefinition,
  falDefinition,
  replicateDefinition,
  bflDefinition,
  geminiDefinition,
  deepseekDefinition,
  mistralDefinition,
  openaiDefinition,
  stabilityDefinition,
  xaiDefinition,
  openrouterDefinition,
  sunoDefinition,
  kieDefinition,
  elevenlabsDefinition,
  cohereDefinition,
  anthropicDefinition,
  klingDefinition,
];

/** Those of this version and the servers of the operator's own that the environment names. */
export function definitionsFor(env: Readonly<Record<string, string | undefined>>): readonly ProviderDefinition[] {
  const extra = extraDefinitions(env, providerDefinitions);
  return extra.length === 0 ? providerDefinitions : [...providerDefinitions, ...extra];
}

/** Reads the value of EXTRA_PROVIDERS. */
export function extraProviders(text: string): ExtraNames {
  return parseExtraNames(text, providerDefinitions);
}

export const providerNames: readonly ProviderName[] = providerDefinitions.map(({ name }) => name);

const definitions: ReadonlyMap<string, ProviderDefinition> = new Map(
  providerDefinitions.map((definition) => [definition.name, definition]),
);

export function definitionOf(name: ProviderName): ProviderDefinition | undefined {
  return definitions.get(name);
}

/** False for a provider of this version without an adapter: its keys are read but not used. */
export function isServed(name: ProviderName): boolean {
  return !definitions.has(name) || definitions.get(name)?.adapter !== undefined;
}

/**
 * The built-in chain of a kind: the models of each of these providers that has an adapter, cheapest first. Providers whose
 * first model has a known price change places with each other; the others stay where the listing order has them.
 */
export function builtInChain(
  kind: JobKind,
  providers: ReadonlySet<ProviderName>,
  all = providerDefinitions,
): readonly Candidate[] {
  const parts = all
    .filter(({ name, chains }) => isServed(name) && providers.has(name) && chains[kind] !== undefined)
    .map((definition) => ({ definition, usd: usdOfFirst(kind, definition) }));
  const priced = parts.filter(({ usd }) => usd !== undefined).toSorted((a, b) => (a.usd ?? 0) - (b.usd ?? 0));
  return parts
    .map((part) => (part.usd === undefined ? part : (priced.shift() ?? part)))
    .flatMap(({ definition: { name, chains } }) => (chains[kind] ?? []).map((model) => ({ provider: name, model })));
}

/** Tokens of one picture of usual size. */
const pictureTokens = 1_056;

/** About what one result of the provider's first model of the kind costs, in US dollars; undefined where nothing says so. */
function usdOfFirst(kind: JobKind, { models, chains }: ProviderDefinition): number | undefined {
  const price = models.find(({ model }) => model === chains[kind]?.[0])?.price;
  if (price === undefined || !('usd' in price)) return undefined;
  if (price.per === 'image' || price.per === 'call') return price.usd;
  const isPicture = kind === 'image' || kind === 'edit';
  return isPicture && price.per === 'million-output-tokens' ? (price.usd * pictureTokens) / 1_000_000 : undefined;
}

/** The built-in rows of the models table, by provider and model. */
const builtInFacts: ReadonlyMap<string, ReadonlyMap<string, ModelFacts>> = new Map(
  providerDefinitions.map((definition) => [definition.name, rowsOf(definition)]),
);

function rowsOf({ models }: ProviderDefinition): ReadonlyMap<string, ModelFacts> {
  return new Map(models.map((row) => [row.model, factsOf(row)]));
}

function factsOf({ traits, label, price, usualMs, endsOn }: ModelDefinition): ModelFacts {
  return {
    ...traits,
    ...(label === undefined ? {} : { label }),
    ...(price === undefined ? {} : { price }),
    ...(usualMs === undefined ? {} : { usualMs }),
    ...(endsOn === undefined ? {} : { endsOn }),
  };
}

/** What the definitions say of the candidate's model; of one that they do not list, what its provider assumes. */
export const modelTraits: ModelLookup = ({ provider, model }) =>
  builtInFacts.get(provider)?.get(model) ?? definitions.get(provider)?.otherModels ?? textOnly;

/** As `modelTraits`, with the further providers among these definitions and those that files of the operator change. */
export function modelTraitsOf(all: readonly ProviderDefinition[]): ModelLookup {
  const own = new Map(
    all
      .filter((definition) => definitions.get(definition.name) !== definition)
      .map((definition) => [definition.name, { rows: rowsOf(definition), others: definition.otherModels }]),
  );
  return (candidate) => {
    const found = own.get(candidate.provider);
    return found === undefined ? modelTraits(candidate) : (found.rows.get(candidate.model) ?? found.others);
  };
}

/** One row of the operator's models table: what it says counts before what the provider's definition says. */
export type ModelRow = Candidate & { readonly kind?: JobKind; readonly facts: Partial<ModelFacts> };

/**
 * Everything that is known of models: the rows of the providers' definitions under those of the operator, which may be
 * replaced while the bot runs. A model without any row has the options that its provider assumes, and no price.
 */
export class ModelCatalog {
  #own: ReadonlyMap<string, Partial<ModelFacts>> = new Map();
  #rows: readonly ModelRow[] = [];
  readonly #traits: ModelLookup;
  /** When models end, as their providers' lists say; a row of the operator counts before that. */
  readonly #listedDates = new Map<string, string>();

  /** `traits` knows the models of the definitions, those of the operator's own servers included. */
  constructor(rows: readonly ModelRow[] = [], traits: ModelLookup = modelTraits) {
    this.#traits = traits;
    this.replace(rows);
  }

  /** What is known of a model now. */
  readonly find: ModelLookup = (candidate) => {
    const builtIn = this.#traits(candidate);
    if (this.#own.size === 0 && this.#listedDates.size === 0) return builtIn;
    const name = candidateName(candidate);
    const [own, endsOn] = [this.#own.get(name), this.#listedDates.get(name)];
    if (own === undefined && endsOn === undefined) return builtIn;
    return { ...builtIn, ...(endsOn === undefined ? {} : { endsOn }), ...own };
  };

  /** These are the operator's rows from now on. */
  replace(rows: readonly ModelRow[]): void {
    this.#rows = rows;
    this.#own = new Map(rows.map((row) => [candidateName(row), row.facts]));
  }

  /** The operator's models of this kind. */
  rowsOf(kind: JobKind): readonly Candidate[] {
    return this.#rows.filter((row) => row.kind === kind).map(({ provider, model }) => ({ provider, model }));
  }

  /** The provider's own list says when its models end. */
  noteListed(provider: ProviderName, models: readonly ListedModel[]): void {
    for (const { model, endsOn } of models) {
      if (endsOn !== undefined) this.#listedDates.set(candidateName({ provider, model }), endsOn);
    }
  }

  /** Every model with a row, the operator's first. */
  get candidates(): readonly Candidate[] {
    const builtIn = providerDefinitions.flatMap(({ name, models }) =>
      models.map(({ model }) => ({ provider: name, model })),
    );
    const all = [...this.#rows.map(({ provider, model }) => ({ provider, model })), ...builtIn];
    return [...new Map(all.map((candidate) => [candidateName(candidate), candidate])).values()];
  }
}
