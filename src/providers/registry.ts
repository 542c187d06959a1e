import type { Candidate } from '../domain/job.ts';
import type { JobKind } from '../domain/kinds.ts';
import { type ModelFacts, type ModelLookup, textOnly } from '../domain/provider.ts';
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
import { keyOnlyDefinitions } from './key-only-definitions.ts';
import { openaiDefinition } from './openai/openai-definition.ts';
import { stabilityDefinition } from './stability/stability-definition.ts';
import { kieDefinition, sunoDefinition } from './suno/suno-definitions.ts';
import type { ModelDefinition, ProviderDefinition } from './provider-definition.ts';
import { replicateDefinition } from './replicate/replicate-definition.ts';

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
  ...keyOnlyDefinitions,
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

/** The built-in chain of a kind: the models of each of these providers that has an adapter, in listing order. */
export function builtInChain(
  kind: JobKind,
  providers: ReadonlySet<ProviderName>,
  all = providerDefinitions,
): readonly Candidate[] {
  return all
    .filter(({ name }) => isServed(name) && providers.has(name))
    .flatMap(({ name, chains }) => (chains[kind] ?? []).map((model) => ({ provider: name, model })));
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
