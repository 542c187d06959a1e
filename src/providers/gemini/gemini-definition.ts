import type { ModelTraits } from '../../domain/provider.ts';
import type { ModelDefinition, ProviderDefinition } from '../provider-definition.ts';
import { geminiFailures } from './failure-table.ts';

/** Only the proportions are sent; no model takes a seed or a list of what is unwanted. */
const picture: ModelTraits = { size: { width: 1_024, height: 1_024, step: 16 }, seed: false, negative: false };
const video: ModelTraits = { size: { width: 1_280, height: 720, step: 16 }, seed: false, negative: true };
/** Of Veo: a picture is its first frame. */
const veo: ModelTraits = { ...video, startsFromPicture: true };
const chat: ModelTraits = { seed: false, negative: false, contextTokens: 100_000 };
const words: ModelTraits = { seed: false, negative: false };

/** Each model that draws also changes pictures. */
function image(model: string, more: Pick<ModelDefinition, 'price'> = {}): ModelDefinition {
  return { model, kind: 'image', edits: true, traits: picture, usualMs: 15_000, ...more };
}

function omni(model: string): ModelDefinition {
  const price = { usd: 0.1, per: 'second' } as const;
  return { model, kind: 'video', traits: { ...video, negative: false }, price, usualMs: 90_000 };
}

/**
 * Google's Gemini API. A song of Lyria 3 is the sound among the parts of an ordinary answer, beside its lyrics
 * (ai.google.dev/gemini-api/docs/music-generation). The limits are those of a project, whatever its number of keys: `GEMINI_KEY_GROUPS` says which keys
 * belong together.
 */
export const geminiDefinition: ProviderDefinition = {
  name: 'gemini',
  prefixes: ['GOOGLE', 'GEMINI'],
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  seatsPerKey: 4,
  models: [
    image('gemini-nano-banana-2.1', { price: { usd: 0.0336, per: 'image' } }),
    image('gemini-3.1-flash-lite-image'),
    image('gemini-3-pro-image'),
    { model: 'veo-3.1-lite-generate-preview', kind: 'video', traits: veo, usualMs: 90_000 },
    { model: 'veo-3.1-fast-generate-preview', kind: 'video', traits: veo, usualMs: 90_000 },
    { model: 'veo-3.1-generate-preview', kind: 'video', traits: veo, usualMs: 180_000 },
    omni('gemini-omni-1.2-flash'),
    omni('gemini-omni-1.1-flash'),
    { model: 'lyria-3-clip-preview', kind: 'music', label: 'Lyria 3 Clip', traits: words, usualMs: 30_000 },
    { model: 'lyria-3-pro-preview', kind: 'music', label: 'Lyria 3 Pro', traits: words, usualMs: 60_000 },
    { model: 'gemini-3.8-flash-tts', kind: 'speech', traits: words, usualMs: 10_000 },
    { model: 'gemini-3.8-flash-lite-tts', kind: 'speech', traits: words, usualMs: 8_000 },
    { model: 'gemini-3.5-flash-lite', kind: 'chat', traits: chat, usualMs: 5_000 },
    { model: 'gemini-3.8-flash', kind: 'chat', traits: chat, usualMs: 8_000 },
  ],
  speaksIn: 'wav',
  otherModels: words,
  chains: {
    image: ['gemini-nano-banana-2.1', 'gemini-3.1-flash-lite-image'],
    edit: ['gemini-nano-banana-2.1', 'gemini-3.1-flash-lite-image'],
    video: ['veo-3.1-lite-generate-preview', 'veo-3.1-fast-generate-preview', 'gemini-omni-1.2-flash'],
    music: ['lyria-3-clip-preview', 'lyria-3-pro-preview'],
    speech: ['gemini-3.8-flash-lite-tts', 'gemini-3.8-flash-tts'],
    chat: ['gemini-3.8-flash', 'gemini-3.5-flash-lite'],
  },
  adapter: {
    failures: geminiFailures,
    load: async () => {
      const { createGeminiProvider } = await import('./gemini-provider.ts');
      return ({ baseUrl, http, clock }) => createGeminiProvider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
