import type { ModelTraits } from '../../domain/provider.ts';
import type { ProviderDefinition } from '../provider-definition.ts';
import { cohereFailures } from './failure-table.ts';

const chat: ModelTraits = { seed: false, negative: false, contextTokens: 100_000 };

/** Cohere: answers to questions. */
export const cohereDefinition: ProviderDefinition = {
  name: 'cohere',
  prefixes: ['COHERE', 'CO'],
  baseUrl: 'https://api.cohere.com',
  seatsPerKey: 4,
  models: [
    { model: 'command-r7b-12-2024', kind: 'chat', traits: chat },
    { model: 'command-a-03-2025', kind: 'chat', traits: chat },
    { model: 'command-a-plus-05-2026', kind: 'chat', traits: chat },
  ],
  otherModels: chat,
  chains: { chat: ['command-a-03-2025'] },
  adapter: {
    failures: cohereFailures,
    load: async () => {
      const { createCohereProvider } = await import('./cohere-provider.ts');
      return ({ baseUrl, http, clock }) => createCohereProvider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
