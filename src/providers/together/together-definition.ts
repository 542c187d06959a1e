import { type ModelTraits, textOnly } from '../../domain/provider.ts';
import type { FailureTable } from '../classification/classify.ts';
import { knownCodes, knownTypes } from '../classification/error-names.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';
import { type Dialect, isModelList } from '../openai/dialect.ts';
import type { SizeForm } from '../picture-size.ts';
import { likeOpenAi } from '../openai/like-openai.ts';
import type { ProviderDefinition } from '../provider-definition.ts';

const failures: FailureTable = {
  codes: {
    ...knownCodes,
    'out-of-credit': [...knownCodes['out-of-credit'], 'credit_limit', 'credit_limit_exceeded'],
    'unknown-model': [...knownCodes['unknown-model'], 'model_not_available', 'model_not_supported'],
    refused: [...knownCodes.refused, 'nsfw_content', 'content_moderated'],
  },
  types: { ...knownTypes, 'out-of-credit': [...knownTypes['out-of-credit'], 'credit_limit'] },
  statuses: usualStatuses,
  phrases: usualPhrases,
  limits: usualLimits,
};

/** Diffusion models are trained for about a megapixel. */
const sides: SizeForm = { as: 'sides', rule: { kind: 'free', step: 16, maxPixels: 1_440 * 1_440, maxRatio: 4 } };
const base64 = { response_format: 'base64' } as const;

/** Each family of models has voices of its own; those that `together-ai` 0.52.0 names. */
const voices: readonly (readonly [RegExp, string])[] = [
  [/orpheus/i, 'tara'],
  [/sonic/i, 'friendly sidekick'],
];

/** Together: sizes as two sides, pictures to be changed as one address, prices only for videos. */
export const togetherDialect: Dialect = {
  failures,
  versionPath: '/v1',
  pictures: {
    path: '/images/generations',
    families: [
      { names: /schnell/i, size: sides, fields: { ...base64, steps: 4 } },
      // Models that are no diffusion models refuse `steps`.
      { size: sides, fields: base64 },
    ],
  },
  edits: { path: '/images/generations', inputs: 'image-url' },
  speech: {
    path: '/audio/speech',
    bodyOf: ({ model, prompt }) => ({
      model,
      input: prompt.toWellFormed(),
      voice: voices.find(([names]) => names.test(model))?.[1] ?? 'af_heart',
      response_format: 'mp3',
    }),
  },
  chat: { path: '/chat/completions', fields: { stream_options: { include_usage: true } } },
  videos: {
    path: '/v2/videos',
    statusPath: '/v2/videos',
    fields: { seconds: '5' },
    size: { as: 'sides', rule: { kind: 'free', step: 16, maxPixels: 1_920 * 1_088, maxRatio: 2 } },
    id: 'id',
    done: 'completed',
    failed: ['failed', 'cancelled'],
    result: { url: ['outputs', 'video_url'] },
  },
  probe: { path: '/models', isAnswer: (body) => Array.isArray(body) || isModelList(body) },
};

const size = { width: 1_024, height: 1_024, step: 16 } as const;
const diffusion: ModelTraits = { size, seed: true, negative: false };

export const togetherDefinition: ProviderDefinition = {
  name: 'together',
  prefixes: ['TOGETHER_AI', 'TOGETHER'],
  baseUrl: 'https://api.together.ai/v1',
  seatsPerKey: 4,
  models: [
    { model: 'black-forest-labs/FLUX.1-schnell', kind: 'image', traits: diffusion },
    { model: 'hexgrad/Kokoro-82M', kind: 'speech', label: 'Kokoro', traits: textOnly },
    { model: 'canopylabs/orpheus-3b-0.1-ft', kind: 'speech', label: 'Orpheus', traits: textOnly },
    { model: 'meta-llama/Llama-3.3-70B-Instruct-Turbo', kind: 'chat', label: 'Llama 3.3 70B', traits: textOnly },
  ],
  otherModels: { size, seed: false, negative: false },
  chains: {
    image: ['black-forest-labs/FLUX.1-schnell'],
    speech: ['hexgrad/Kokoro-82M', 'canopylabs/orpheus-3b-0.1-ft'],
    chat: ['meta-llama/Llama-3.3-70B-Instruct-Turbo'],
  },
  adapter: likeOpenAi('together', togetherDialect),
};
