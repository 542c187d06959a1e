import type { ProviderName } from '../../domain/ids.ts';
import type { AdapterDefinition } from '../provider-definition.ts';
import type { Dialect } from './dialect.ts';

/** The adapter of a provider that speaks like OpenAI, by its dialect. Its code is loaded with the first that is used. */
export function likeOpenAi(name: ProviderName, dialect: Dialect): AdapterDefinition {
  return {
    failures: dialect.failures,
    load: async () => {
      const { createOpenAiLikeProvider } = await import('./openai-like-provider.ts');
      return ({ baseUrl, http, clock }) =>
        createOpenAiLikeProvider({ name, dialect, baseUrl, http, now: () => clock.now() });
    },
  };
}
