import type { ModelTraits } from '../../domain/provider.ts';
import type { ProviderDefinition } from '../provider-definition.ts';
import { anthropicFailures } from './failure-table.ts';

const chat: ModelTraits = { seed: false, negative: false, contextTokens: 100_000 };

/** Anthropic: answers to questions. */
export const anthropicDefinition: ProviderDefinition = {
  name: 'anthropic',
  prefixes: ['CLAUDE', 'ANTHROPIC'],
  baseUrl: 'https://api.anthropic.com',
  seatsPerKey: 4,
  models: [
    { model: 'claude-haiku-5-5', kind: 'chat', traits: chat },
    { model: 'claude-sonnet-5-5', kind: 'chat', traits: chat },
    { model: 'claude-opus-5-5', kind: 'chat', traits: chat },
    { model: 'claude-fable-5-2', kind: 'chat', traits: chat },
    { model: 'claude-sonnet-4-5', kind: 'chat', traits: chat, endsOn: '2026-11-30' },
    { model: 'claude-opus-4-5', kind: 'chat', traits: chat, endsOn: '2027-01-22' },
  ],
  otherModels: chat,
  chains: { chat: ['claude-haiku-5-5'] },
  adapter: {
    failures: anthropicFailures,
    load: async () => {
      const { createAnthropicProvider } = await import('./anthropic-provider.ts');
      return ({ baseUrl, http, clock }) => createAnthropicProvider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
