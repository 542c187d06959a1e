import { type ModelTraits, textOnly } from '../../domain/provider.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { ModelDefinition, ProviderDefinition } from '../provider-definition.ts';
import { bytezFailures } from './failure-table.ts';

function diffusion(width: number, height: number, step = 8): ModelTraits {
  return { size: { width, height, step }, seed: true, negative: true };
}

/** Distilled to few steps without guidance: what should not be seen has no say. */
function unguided(width: number, height: number, step = 8): ModelTraits {
  return { ...diffusion(width, height, step), negative: false };
}

/** What it makes has no voice, and its title is our own. */
const song: ModelTraits = { ...textOnly, song: ['title'] };

const traits = {
  image: {
    'dreamlike-art/dreamlike-photoreal-2.0': diffusion(768, 768),
    'dreamlike-art/dreamlike-anime-1.0': diffusion(768, 768),
    'dreamlike-art/dreamlike-diffusion-1.0': diffusion(640, 640),
    'stabilityai/stable-diffusion-xl-base-1.0': diffusion(1_024, 1_024),
    'Linaqruf/animagine-xl-3.0': diffusion(1_024, 1_024),
    'runwayml/stable-diffusion-v1-5': diffusion(512, 512),
    'IDKiro/sdxs-512-0.9': unguided(512, 512),
    'black-forest-labs/FLUX.1-schnell': unguided(1_024, 1_024, 16),
    'black-forest-labs/FLUX.1-dev': unguided(1_024, 1_024, 16),
    'black-forest-labs/FLUX.1-Krea-dev': unguided(1_024, 1_024, 16),
  },
  video: {
    'ali-vilab/text-to-video-ms-1.7b': diffusion(256, 256),
    'cerspense/zeroscope_v2_576w': diffusion(576, 320),
    'camenduru/potat1': diffusion(1_024, 576),
    'Wan-AI/Wan2.1-T2V-1.3B': diffusion(832, 480, 16),
    'Lightricks/LTX-Video-0.9.7-dev': diffusion(704, 480, 32),
  },
  music: {
    'facebook/musicgen-stereo-small': song,
    'facebook/musicgen-melody': song,
  },
  speech: {
    'suno/bark-small': textOnly,
    'suno/bark': textOnly,
    'facebook/mms-tts-eng': textOnly,
  },
  chat: {
    'Qwen/Qwen3-4B': textOnly,
    'google/gemma-3-4b-it': textOnly,
    'Qwen/Qwen3-1.7B': textOnly,
  },
} as const satisfies Partial<Record<JobKind, Readonly<Record<string, ModelTraits>>>>;

function modelsOf(kind: keyof typeof traits): readonly ModelDefinition[] {
  return Object.entries(traits[kind]).map(([model, own]) => ({ model, kind, traits: own }));
}

/** Bytez: open models behind one synchronous call; a free account allows one concurrent call. */
export const bytezDefinition: ProviderDefinition = {
  name: 'bytez',
  prefixes: ['BYTEZ'],
  baseUrl: 'https://api.bytez.com/models/v2',
  seatsPerKey: 1,
  models: [
    ...modelsOf('image'),
    ...modelsOf('video'),
    ...modelsOf('music'),
    ...modelsOf('speech'),
    ...modelsOf('chat'),
  ],
  otherModels: textOnly,
  chains: {
    image: [
      'dreamlike-art/dreamlike-photoreal-2.0',
      'stabilityai/stable-diffusion-xl-base-1.0',
      'dreamlike-art/dreamlike-anime-1.0',
    ],
    video: ['ali-vilab/text-to-video-ms-1.7b', 'cerspense/zeroscope_v2_576w'],
    music: ['facebook/musicgen-stereo-small', 'facebook/musicgen-melody'],
    speech: ['suno/bark-small', 'facebook/mms-tts-eng'],
    chat: ['Qwen/Qwen3-4B', 'google/gemma-3-4b-it'],
  },
  adapter: {
    failures: bytezFailures,
    load: async () => {
      const { createBytezProvider } = await import('./bytez-provider.ts');
      return ({ baseUrl, http, clock }) => createBytezProvider({ baseUrl, http, now: () => clock.now() });
    },
  },
};
