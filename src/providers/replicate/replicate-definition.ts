import type { ModelTraits } from '../../domain/provider.ts';
import type { ProviderDefinition } from '../provider-definition.ts';
import { replicateFailures } from './failure-table.ts';

/** Shapes only: the pixels are the model's own. */
const shaped: ModelTraits = { size: { width: 1_024, height: 1_024, step: 16 }, seed: true, negative: false };
const wordsAlone: ModelTraits = { seed: false, negative: false };

/** Replicate: its official models by name, every other one by its version. */
export const replicateDefinition: ProviderDefinition = {
  name: 'replicate',
  prefixes: ['REPLICATE'],
  aliases: ['REPLICATE_API_TOKEN'],
  baseUrl: 'https://api.replicate.com/v1',
  seatsPerKey: 4,
  models: [
    {
      model: 'black-forest-labs/flux-schnell',
      kind: 'image',
      traits: shaped,
      price: { usd: 0.003, per: 'image' },
      usualMs: 4_000,
    },
    { model: 'black-forest-labs/flux-dev', kind: 'image', traits: shaped, usualMs: 10_000 },
    { model: 'black-forest-labs/flux-2-pro', kind: 'image', traits: shaped, usualMs: 20_000 },
    { model: 'stability-ai/stable-diffusion-3.5-large', kind: 'image', traits: shaped, usualMs: 20_000 },
    { model: 'black-forest-labs/flux-kontext-pro', kind: 'edit', traits: shaped, usualMs: 15_000 },
    { model: 'minimax/video-01', kind: 'video', traits: wordsAlone, usualMs: 180_000 },
    {
      model: 'stability-ai/stable-audio-2.5',
      label: 'Stable Audio 2.5',
      kind: 'music',
      traits: { seed: true, negative: false },
      usualMs: 30_000,
    },
    { model: 'runwayml/gen-4.5', kind: 'video', traits: wordsAlone, usualMs: 120_000 },
  ],
  /** What a model takes besides its words is in its own schema alone. */
  otherModels: wordsAlone,
  /** `owner/name`, `owner/name:version`, or a version alone. */
  modelNames: /^(?:[A-Za-z0-9][\w.-]{0,99}\/[A-Za-z0-9][\w.-]{0,99}(?::[0-9a-f]{32,64})?|[0-9a-f]{64})$/,
  chains: {
    image: ['black-forest-labs/flux-schnell', 'black-forest-labs/flux-dev'],
    edit: ['black-forest-labs/flux-kontext-pro'],
    video: ['minimax/video-01'],
    music: ['stability-ai/stable-audio-2.5'],
  },
  adapter: {
    failures: replicateFailures,
    load: async () => {
      const { createReplicateProvider } = await import('./replicate-provider.ts');
      return ({ baseUrl, http, clock }) => createReplicateProvider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
