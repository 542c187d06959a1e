import type { ProviderName } from '../../domain/ids.ts';
import type { AdapterDefinition } from '../provider-definition.ts';
import type { Dialect } from './dialect.ts';

/** The adapter of a provider that speaks like OpenAI, by its dialect. Its code is loaded with the first that is used. */
export function likeOpenAi(name: ProviderName, dialect: Dialect): AdapterDefinition {
  return {
    failures: dialect.failures,
    load: async () => {
      const { createOpenAiLikeProvider, createVideoProvider } = await import('./openai-like-provider.ts');
      const { videos } = dialect;
      return ({ baseUrl, http, clock }) => {
        const options = { name, dialect, baseUrl, http, now: () => clock.now() };
        return videos === undefined ? createOpenAiLikeProvider(options) : createVideoProvider({ ...options, videos });
      };
    },
  };
}
