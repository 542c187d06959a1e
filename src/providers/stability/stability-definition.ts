import type { ModelTraits } from '../../domain/provider.ts';
import type { ModelDefinition, ProviderDefinition } from '../provider-definition.ts';
import { stabilityFailures } from './failure-table.ts';

/** Only the proportions are sent. */
const traits: ModelTraits = { size: { width: 1_024, height: 1_024, step: 64 }, seed: true, negative: true };

/** They take a picture, and no option of pictures. */
const larger: ModelTraits = { seed: false, negative: false, enlarges: true };

/** A credit is a US cent. */
function image(
  model: string,
  label: string,
  credits: number,
  more: Pick<ModelDefinition, 'edits'> = {},
): ModelDefinition {
  return { model, label, kind: 'image', traits, price: { usd: credits / 100, per: 'image' }, ...more };
}

/** Stability AI. A model is a route (`core`, `ultra`) or one of the models of the route `sd3`. */
export const stabilityDefinition: ProviderDefinition = {
  name: 'stability',
  prefixes: ['STABILITY'],
  aliases: ['STABILITY_KEY'],
  baseUrl: 'https://api.stability.ai',
  seatsPerKey: 4,
  models: [
    image('core', 'Stable Image Core', 3),
    image('sd3.5-medium', 'Stable Diffusion 3.5 Medium', 3.5, { edits: true }),
    {
      ...image('sd3.5-large-turbo', 'Stable Diffusion 3.5 Large Turbo', 4, { edits: true }),
      traits: { ...traits, negative: false },
    },
    image('sd3.5-large', 'Stable Diffusion 3.5 Large', 6.5, { edits: true }),
    image('ultra', 'Stable Image Ultra', 8, { edits: true }),
    { ...image('structure', 'Stable Image Structure', 5), kind: 'edit' },
    {
      model: 'stable-audio-2.5',
      label: 'Stable Audio 2.5',
      kind: 'music',
      traits: { seed: true, negative: false },
      price: { usd: 0.2, per: 'call' },
      usualMs: 30_000,
    },
    { ...image('sketch', 'Stable Image Sketch', 5), kind: 'edit' },
    { ...image('upscale-fast', 'Stable Fast Upscaler', 2), kind: 'edit', traits: larger },
    { ...image('upscale-conservative', 'Stable Conservative Upscaler', 40), kind: 'edit', traits: larger },
  ],
  otherModels: traits,
  chains: {
    image: ['core', 'sd3.5-medium'],
    edit: ['sd3.5-large', 'ultra', 'upscale-fast'],
    music: ['stable-audio-2.5'],
  },
  adapter: {
    failures: stabilityFailures,
    load: async () => {
      const { createStabilityProvider } = await import('./stability-provider.ts');
      return ({ baseUrl, http, clock }) => createStabilityProvider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
