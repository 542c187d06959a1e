import type { ModelTraits } from '../../domain/provider.ts';
import type { ProviderDefinition } from '../provider-definition.ts';
import { hfFailures } from './failure-table.ts';

const flux: ModelTraits = { size: { width: 1_024, height: 1_024, step: 16 }, seed: true, negative: false };
const diffusion: ModelTraits = { ...flux, negative: true };
const chat: ModelTraits = { seed: false, negative: false };

/** Hugging Face's router for inference; a free account includes $0.10 a month. */
export const hfDefinition: ProviderDefinition = {
  name: 'hf',
  prefixes: ['HUGGINGFACE', 'HF'],
  aliases: ['HF_TOKEN', 'HF_API_TOKEN'],
  baseUrl: 'https://router.huggingface.co',
  /** It tells whose key it is. */
  hosts: ['huggingface.co'],
  seatsPerKey: 4,
  models: [
    {
      model: 'black-forest-labs/FLUX.1-schnell',
      label: 'FLUX.1 schnell',
      kind: 'image',
      traits: flux,
      usualMs: 10_000,
    },
    {
      model: 'stabilityai/stable-diffusion-xl-base-1.0',
      label: 'Stable Diffusion XL',
      kind: 'image',
      traits: diffusion,
      usualMs: 15_000,
    },
    {
      model: 'openai/gpt-oss-120b:cheapest',
      label: 'GPT-OSS 120B',
      kind: 'chat',
      traits: { ...chat, contextTokens: 100_000 },
    },
    {
      model: 'meta-llama/Llama-3.3-70B-Instruct:cheapest',
      label: 'Llama 3.3 70B',
      kind: 'chat',
      traits: { ...chat, contextTokens: 100_000 },
    },
  ],
  modelNames: /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}(?::[a-z0-9-]{1,40})?$/,
  otherModels: { seed: false, negative: false },
  chains: {
    image: ['black-forest-labs/FLUX.1-schnell', 'stabilityai/stable-diffusion-xl-base-1.0'],
    chat: ['openai/gpt-oss-120b:cheapest', 'meta-llama/Llama-3.3-70B-Instruct:cheapest'],
  },
  adapter: {
    failures: hfFailures,
    load: async () => {
      const { createHfProvider } = await import('./hf-provider.ts');
      return ({ baseUrl, http, clock }) => createHfProvider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
