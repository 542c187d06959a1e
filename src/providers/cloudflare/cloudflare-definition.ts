import type { ModelTraits } from '../../domain/provider.ts';
import type { ProviderDefinition } from '../provider-definition.ts';
import { cloudflareFailures } from './failure-table.ts';

const flux: ModelTraits = { seed: true, negative: false };
const diffusion: ModelTraits = { size: { width: 1_024, height: 1_024, step: 8 }, seed: true, negative: true };
const words: ModelTraits = { seed: false, negative: false };
const chat: ModelTraits = { seed: false, negative: false };

/**
 * Cloudflare Workers AI; its models of speech are asked as `workers-ai-provider` 4.0.0 and the model pages have it. 10,000 neurons a day are free. A key is a token together with the id of its account.
 */
export const cloudflareDefinition: ProviderDefinition = {
  name: 'cloudflare',
  prefixes: ['CLOUDFLARE'],
  aliases: ['CLOUDFLARE_API_TOKEN'],
  baseUrl: 'https://api.cloudflare.com/client/v4',
  requires: {
    ACCOUNT_ID: {
      fits: /^[0-9a-f]{32}$/i,
      is: 'the id of the account, 32 digits and letters from a to f',
      meaning: 'required with keys of Cloudflare',
      example: '0123456789abcdef0123456789abcdef',
    },
  },
  seatsPerKey: 4,
  models: [
    {
      model: '@cf/black-forest-labs/flux-1-schnell',
      label: 'FLUX.1 schnell',
      kind: 'image',
      traits: flux,
      usualMs: 5_000,
    },
    { model: '@cf/lykon/dreamshaper-8-lcm', label: 'DreamShaper 8', kind: 'image', traits: diffusion, usualMs: 5_000 },
    {
      model: '@cf/stabilityai/stable-diffusion-xl-base-1.0',
      label: 'Stable Diffusion XL',
      kind: 'image',
      traits: diffusion,
      usualMs: 10_000,
    },
    {
      model: '@cf/openai/gpt-oss-120b',
      label: 'GPT-OSS 120B',
      kind: 'chat',
      traits: { ...chat, contextTokens: 100_000 },
    },
    { model: '@cf/meta/llama-3.1-8b-instruct', label: 'Llama 3.1 8B', kind: 'chat', traits: chat },
    { model: '@cf/myshell-ai/melotts', label: 'MeloTTS', kind: 'speech', traits: words, usualMs: 5_000 },
    { model: '@cf/deepgram/aura-1', label: 'Aura', kind: 'speech', traits: words, usualMs: 5_000 },
  ],
  modelNames: /^@(?:cf|hf)\/[\w-][\w.-]{0,60}\/[\w-][\w.-]{0,100}$/,
  otherModels: { seed: false, negative: false },
  chains: {
    image: ['@cf/black-forest-labs/flux-1-schnell', '@cf/lykon/dreamshaper-8-lcm'],
    // A sentence of MeloTTS takes a few neurons of the day, one of Aura some hundreds.
    speech: ['@cf/myshell-ai/melotts', '@cf/deepgram/aura-1'],
    chat: ['@cf/openai/gpt-oss-120b', '@cf/meta/llama-3.1-8b-instruct'],
  },
  adapter: {
    failures: cloudflareFailures,
    load: async () => {
      const { createCloudflareProvider } = await import('./cloudflare-provider.ts');
      return ({ baseUrl, http, clock, required = {} }) =>
        createCloudflareProvider({ baseUrl, http, now: () => clock.now(), accountId: required['ACCOUNT_ID'] });
    },
  },
};
