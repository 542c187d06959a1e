import type { Candidate, JobKind } from '../domain/job.ts';
import { type ModelLookup, type ModelTraits, textOnly } from '../domain/provider.ts';
import type { ProviderName } from '../domain/ids.ts';
import { bytezDefinition } from './bytez/bytez-definition.ts';
import { keyOnlyDefinitions } from './key-only-definitions.ts';
import type { ProviderDefinition } from './provider-definition.ts';

/** Every provider that this version knows, in the order in which they are listed everywhere. */
export const providerDefinitions: readonly ProviderDefinition[] = [bytezDefinition, ...keyOnlyDefinitions];

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

/** True where this version can ask the provider; keys of the others are read, and wait for a later version. */
export function isServed(name: ProviderName): boolean {
  return definitions.get(name)?.adapter !== undefined;
}

/** What the candidate's model takes beside the words. */
export const modelTraits: ModelLookup = ({ provider, model }) =>
  traits.get(provider)?.get(model) ?? definitions.get(provider)?.otherModels ?? textOnly;

/** What is asked for a kind where no chain is configured: the built-in models of every provider that can be asked. */
export function builtInChain(kind: JobKind): readonly Candidate[] {
  return providerDefinitions
    .filter(({ name }) => isServed(name))
    .flatMap(({ name, chains }) => (chains[kind] ?? []).map((model) => ({ provider: name, model })));
}
