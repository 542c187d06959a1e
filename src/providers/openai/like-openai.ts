import type { ProviderName } from '../../domain/ids.ts';
import type { SynchronousProvider } from '../../domain/provider.ts';
import type { AdapterDefinition } from '../provider-definition.ts';
import type { Dialect } from './dialect.ts';

/**
 * The adapter of a provider that speaks like OpenAI, by its dialect. Its code is loaded with the first one that is used;
 * `also` adds what a provider does besides.
 */
export function likeOpenAi(
  name: ProviderName,
  dialect: Dialect,
  also: (provider: SynchronousProvider) => SynchronousProvider = (provider) => provider,
): AdapterDefinition {
  return {
    failures: dialect.failures,
    load: async () => {
      const { createOpenAiLikeProvider } = await import('./openai-like-provider.ts');
      return ({ baseUrl, http, clock }) =>
        also(createOpenAiLikeProvider({ name, dialect, baseUrl, http, now: () => clock.now() }));
    },
  };
}
