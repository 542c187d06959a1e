import type { ModelTraits } from '../../domain/provider.ts';
import type { ModelDefinition, ProviderDefinition } from '../provider-definition.ts';
import { bflFailures } from './failure-table.ts';

const flux2: ModelTraits = { size: { width: 1_024, height: 1_024, step: 16 }, seed: true, negative: false };
const flux1: ModelTraits = { size: { width: 1_024, height: 768, step: 32 }, seed: true, negative: false };

function image(model: string, traits: ModelTraits, usd: number, usualMs: number): ModelDefinition {
  return { model, kind: 'image', traits, price: { usd, per: 'image' }, usualMs };
}

/** Black Forest Labs, who make the FLUX models. */
export const bflDefinition: ProviderDefinition = {
  name: 'bfl',
  prefixes: ['BFL'],
  baseUrl: 'https://api.bfl.ai/v1',
  /** The run is asked about at the cluster that has it: `api.us1.bfl.ai`. */
  hosts: ['api.bfl.ai', '*.bfl.ai'],
  seatsPerKey: 4,
  models: [
    image('flux-2-klein-4b', flux2, 0.014, 5_000),
    image('flux-2-klein-9b', flux2, 0.015, 6_000),
    image('flux-2-pro', flux2, 0.03, 15_000),
    image('flux-2-flex', flux2, 0.05, 25_000),
    image('flux-2-max', flux2, 0.07, 30_000),
    image('flux-pro-1.1', flux1, 0.04, 12_000),
    image('flux-pro-1.1-ultra', flux2, 0.06, 15_000),
    { model: 'flux-kontext-pro', kind: 'edit', traits: flux2, price: { usd: 0.04, per: 'image' }, usualMs: 15_000 },
    { model: 'flux-kontext-max', kind: 'edit', traits: flux2, price: { usd: 0.08, per: 'image' }, usualMs: 20_000 },
    { model: 'flux-3-video', kind: 'video', traits: { ...flux2, seed: false }, usualMs: 120_000 },
  ],
  otherModels: flux2,
  /** `flux-pro-1.1` */
  modelNames: /^[a-z0-9][\w.-]{0,99}$/,
  chains: { image: ['flux-2-klein-9b', 'flux-2-pro'], edit: ['flux-kontext-pro'], video: ['flux-3-video'] },
  adapter: {
    failures: bflFailures,
    load: async () => {
      const { createBflProvider } = await import('./bfl-provider.ts');
      return ({ baseUrl, http, clock }) =>
        createBflProvider({ baseUrl, hosts: bflDefinition.hosts ?? [], http, now: () => clock.now() });
    },
  },
};
