import { type ModelTraits, textOnly } from '../../domain/provider.ts';
import { type ModelDefinition, type ProviderDefinition, serverModelNames } from '../provider-definition.ts';
import { openaiFailures } from './failure-table.ts';

/** No model takes a seed or a list of what is unwanted. */
const picture: ModelTraits = { size: { width: 1_024, height: 1_024, step: 16 }, seed: false, negative: false };

const outputPrice = { usd: 30, per: 'million-output-tokens' } as const;

type More = Pick<ModelDefinition, 'endsOn' | 'usualMs'>;

function image(model: string, more: More = {}): ModelDefinition {
  return { model, kind: 'image', edits: true, traits: picture, price: outputPrice, ...more };
}

function speech(model: string): ModelDefinition {
  return { model, kind: 'speech', traits: textOnly };
}

function chat(model: string, more: More = {}): ModelDefinition {
  return { model, kind: 'chat', traits: { ...textOnly, contextTokens: 128_000 }, ...more };
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
    speech('gpt-4o-mini-tts'),
    speech('tts-1'),
    speech('tts-1-hd'),
    chat('gpt-6-luna'),
    chat('gpt-6.1-terra'),
    chat('gpt-6.2-sol'),
    chat('gpt-6.2-astra'),
    chat('gpt-4.1-mini', { endsOn: '2027-01-14' }),
  ],
  modelNames: serverModelNames,
  otherModels: picture,
  chains: {
    image: ['gpt-image-2.6-flare', 'gpt-image-2.5-flare', 'gpt-image-2'],
    edit: ['gpt-image-2.6-flare', 'gpt-image-2.5-flare', 'gpt-image-2'],
    speech: ['gpt-4o-mini-tts', 'tts-1'],
    chat: ['gpt-6-luna', 'gpt-6.1-terra'],
  },
  adapter: {
    failures: openaiFailures,
    load: async () => {
      const [{ createOpenAiLikeProvider }, { dialectAt }] = await Promise.all([
        import('./openai-like-provider.ts'),
        import('./openai-dialect.ts'),
      ]);
      return ({ baseUrl, http, clock }) =>
        createOpenAiLikeProvider({
          name: 'openai',
          dialect: dialectAt(baseUrl),
          baseUrl,
          http,
          now: () => clock.now(),
        });
    },
  },
};
