import type { Candidate } from '../domain/job.ts';
import type { JobKind } from '../domain/kinds.ts';
import { type ModelLookup, type ModelTraits, textOnly } from '../domain/provider.ts';
import type { ProviderName } from '../domain/ids.ts';
import { anthropicDefinition } from './anthropic/anthropic-definition.ts';
import { bytezDefinition } from './bytez/bytez-definition.ts';
import { elevenlabsDefinition } from './elevenlabs/elevenlabs-definition.ts';
import { cohereDefinition } from './cohere/cohere-definition.ts';
import { geminiDefinition } from './gemini/gemini-definition.ts';
import { pollinationsDefinition } from './pollinations/pollinations-definition.ts';
import { togetherDefinition } from './together/together-definition.ts';
import { deepseekDefinition } from './deepseek/deepseek-definition.ts';
import { mistralDefinition } from './mistral/mistral-definition.ts';
import { xaiDefinition } from './xai/xai-definition.ts';
import { openrouterDefinition } from './openrouter/openrouter-definition.ts';
import { hordeDefinition } from './horde/horde-definition.ts';
import { keyOnlyDefinitions } from './key-only-definitions.ts';
import { openaiDefinition } from './openai/openai-definition.ts';
import { stabilityDefinition } from './stability/stability-definition.ts';
import { kieDefinition, sunoDefinition } from './suno/suno-definitions.ts';
import type { ProviderDefinition } from './provider-definition.ts';

/** Every provider that this version knows, in listing order. */
export const providerDefinitions: readonly ProviderDefinition[] = [
  bytezDefinition,
  hordeDefinition,
  pollinationsDefinition,
  togetherDefinition,
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

export const providerNames: readonly ProviderName[] = providerDefinitions.map(({ name }) => name);

const definitions: ReadonlyMap<string, ProviderDefinition> = new Map(
  providerDefinitions.map((definition) => [definition.name, definition]),
);

const traits: ReadonlyMap<string, ReadonlyMap<string, ModelTraits>> = new Map(
  providerDefinitions.map(({ name, models }) => [name, new Map(models.map((row) => [row.model, row.traits]))]),
);

export function definitionOf(name: ProviderName): ProviderDefinition | undefined {
  return definitions.get(name);
}

/** True when this version has an adapter for the provider; keys of other providers are read but not used. */
export function isServed(name: ProviderName): boolean {
  return definitions.get(name)?.adapter !== undefined;
}

/** The options that the candidate's model supports besides the prompt. */
export const modelTraits: ModelLookup = ({ provider, model }) =>
  traits.get(provider)?.get(model) ?? definitions.get(provider)?.otherModels ?? textOnly;

/** The built-in chain of a kind: the models of each of these providers that has an adapter, in listing order. */
export function builtInChain(kind: JobKind, providers: ReadonlySet<ProviderName>): readonly Candidate[] {
  return providerDefinitions
    .filter(({ name }) => isServed(name) && providers.has(name))
    .flatMap(({ name, chains }) => (chains[kind] ?? []).map((model) => ({ provider: name, model })));
}
