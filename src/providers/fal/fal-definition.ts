import type { ModelTraits } from '../../domain/provider.ts';
import type { ProviderDefinition } from '../provider-definition.ts';
import { falFailures } from './failure-table.ts';

const picture: ModelTraits = { size: { width: 1_024, height: 768, step: 16 }, seed: true, negative: false };
const edit: ModelTraits = { seed: true, negative: false };
const sound: ModelTraits = { seed: false, negative: false };
const video: ModelTraits = { seed: true, negative: true };

/** fal: models of many makers behind one queue. A run above what the account may do at once waits there. */
export const falDefinition: ProviderDefinition = {
  name: 'fal',
  prefixes: ['FAL'],
  aliases: ['FAL_KEY'],
  keyPairs: [{ id: 'FAL_KEY_ID', secret: 'FAL_KEY_SECRET' }],
  baseUrl: 'https://fal.run',
  furtherUrls: { QUEUE_BASE_URL: 'https://queue.fal.run' },
  /** A new account runs two at once. */
  seatsPerKey: 2,
  models: [
    {
      model: 'fal-ai/flux/schnell',
      label: 'FLUX.1 schnell',
      kind: 'image',
      traits: picture,
      price: { usd: 0.003, per: 'image' },
      usualMs: 4_000,
    },
    {
      model: 'fal-ai/flux/dev',
      label: 'FLUX.1 dev',
      kind: 'image',
      traits: picture,
      price: { usd: 0.025, per: 'image' },
      usualMs: 10_000,
    },
    {
      model: 'fal-ai/flux-pro/v1.1',
      label: 'FLUX pro v1.1',
      kind: 'image',
      traits: picture,
      price: { usd: 0.04, per: 'image' },
      usualMs: 12_000,
    },
    { model: 'fal-ai/flux-pro/kontext', label: 'FLUX Kontext', kind: 'edit', traits: edit, usualMs: 15_000 },
    {
      model: 'fal-ai/wan/v2.2-5b/text-to-video',
      label: 'Wan 2.2 5B',
      kind: 'video',
      traits: video,
      price: { usd: 0.15, per: 'call' },
      usualMs: 90_000,
    },
    {
      model: 'fal-ai/ltx-video',
      label: 'LTX Video',
      kind: 'video',
      traits: video,
      price: { usd: 0.02, per: 'call' },
      usualMs: 40_000,
    },
    { model: 'fal-ai/lyria2', label: 'Lyria 2', kind: 'music', traits: sound, usualMs: 30_000 },
    { model: 'fal-ai/kokoro/american-english', label: 'Kokoro', kind: 'speech', traits: sound, usualMs: 5_000 },
    {
      model: 'fal-ai/minimax/speech-02-turbo',
      label: 'MiniMax Speech 02',
      kind: 'speech',
      traits: sound,
      usualMs: 8_000,
    },
  ],
  /** What a model takes besides its words is in its own schema alone. */
  otherModels: { seed: false, negative: false },
  /** `fal-ai/wan/v2.2-5b/text-to-video`: an app of two parts, and a path inside it. */
  modelNames: /^[A-Za-z0-9][\w.-]{0,99}(?:\/[A-Za-z0-9][\w.-]{0,99}){1,7}$/,
  chains: {
    image: ['fal-ai/flux/schnell', 'fal-ai/flux/dev'],
    edit: ['fal-ai/flux-pro/kontext'],
    music: ['fal-ai/lyria2'],
    speech: ['fal-ai/kokoro/american-english', 'fal-ai/minimax/speech-02-turbo'],
    video: ['fal-ai/ltx-video', 'fal-ai/wan/v2.2-5b/text-to-video'],
  },
  adapter: {
    failures: falFailures,
    load: async () => {
      const { createFalProvider } = await import('./fal-provider.ts');
      return ({ baseUrl, furtherUrls, http, clock }) =>
        createFalProvider({ baseUrl, queueUrl: furtherUrls?.QUEUE_BASE_URL, http, now: () => clock.now() });
    },
  },
};
