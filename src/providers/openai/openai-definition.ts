import type { ModelTraits } from '../../domain/provider.ts';
import type { ModelDefinition, ProviderDefinition } from '../provider-definition.ts';
import { openaiFailures } from './failure-table.ts';

/** No model takes a seed or a list of what is unwanted. */
const picture: ModelTraits = { size: { width: 1_024, height: 1_024, step: 16 }, seed: false, negative: false };

const outputPrice = { usd: 30, per: 'million-output-tokens' } as const;

function image(model: string, more: Pick<ModelDefinition, 'endsOn' | 'usualMs'> = {}): ModelDefinition {
  return { model, kind: 'image', traits: picture, price: outputPrice, ...more };
}

/** OpenAI, and servers that speak like it behind `OPENAI_BASE_URL`. */
export const openaiDefinition: ProviderDefinition = {
  name: 'openai',
  prefixes: ['OPENAI'],
  baseUrl: 'https://api.openai.com/v1',
  keyless: 'with-base-url',
  seatsPerKey: 4,
  models: [
    image('gpt-image-2.6-flare', { usualMs: 12_000 }),
    image('gpt-image-2.6-sunburst', { usualMs: 60_000 }),
    image('gpt-image-2.5-flare', { usualMs: 12_000 }),
    image('gpt-image-2.5-sunburst', { usualMs: 60_000 }),
    image('gpt-image-2', { usualMs: 40_000 }),
    image('gpt-image-1.5', { endsOn: '2026-12-01' }),
    image('gpt-image-1-mini', { endsOn: '2026-12-01' }),
    image('chatgpt-image-latest', { endsOn: '2026-12-01' }),
  ],
  otherModels: picture,
  chains: { image: ['gpt-image-2.6-flare', 'gpt-image-2.5-flare', 'gpt-image-2'] },
  adapter: {
    failures: openaiFailures,
    load: async () => {
      const { createOpenAiProvider } = await import('./openai-provider.ts');
      return ({ baseUrl, http, clock }) => createOpenAiProvider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
