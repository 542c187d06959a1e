import { type ModelTraits, textOnly } from '../../domain/provider.ts';
import { saysOf } from '../classification/clauses.ts';
import type { FailureTable, Phrase } from '../classification/classify.ts';
import { knownCodes, knownTypes } from '../classification/error-names.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';
import { type Dialect, isModelList } from '../openai/dialect.ts';
import { likeOpenAi } from '../openai/like-openai.ts';
import type { ProviderDefinition } from '../provider-definition.ts';

/** A voice is a part of the model's name: people choose none. */
const noVoice: Phrase = {
  means: 'unknown-model',
  says: saysOf({ subject: 'voices?', state: 'not found|unknown|invalid|not exist|unsupported' }),
};

/**
 * The failure table of xAI. Its errors are `{error: {message, type, code}}`, `{code, error: "…"}` or `{error: "…"}`; the
 * code is often a sentence, so that the words decide: a wrong key may be a 400, missing credit a 403.
 */
const failures: FailureTable = {
  codes: knownCodes,
  types: knownTypes,
  statuses: usualStatuses.map((rule) =>
    rule.from === 400 || rule.from === 422 ? { ...rule, unless: [noVoice, ...(rule.unless ?? [])] } : rule,
  ),
  phrases: usualPhrases,
  limits: usualLimits,
};

/** xAI: ratios in place of sizes, no seed; a picture that was held back comes with a flag and HTTP 200. */
export const xaiDialect: Dialect = {
  failures,
  versionPath: '/v1',
  pictures: {
    path: '/images/generations',
    families: [
      {
        size: { as: 'aspect', ratios: ['1:1', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16'] },
        fields: { resolution: '1k', response_format: 'b64_json' },
      },
    ],
  },
  edits: { path: '/images/edits', inputs: 'image-objects' },
  speech: {
    path: '/tts',
    bodyOf: ({ model, prompt }) => ({
      text: prompt.toWellFormed(),
      voice_id: model.split('/')[1] ?? 'eve',
      language: 'auto',
      output_format: { codec: 'mp3' },
    }),
  },
  chat: { path: '/chat/completions', fields: { stream_options: { include_usage: true } } },
  videos: {
    path: '/v1/videos/generations',
    statusPath: '/v1/videos',
    fields: { duration: 6, resolution: '480p' },
    picture: 'image',
    size: { as: 'aspect', ratios: ['16:9', '9:16', '1:1', '4:3', '3:4', '3:2', '2:3'] },
    id: 'request_id',
    done: 'done',
    failed: ['failed', 'expired'],
    result: { url: ['video', 'url'] },
    heldBack: { field: 'respect_moderation', is: false },
  },
  heldBack: { field: 'respect_moderation', is: false },
  cost: { field: 'cost_in_usd_ticks', perDollar: 10_000_000_000 },
  probe: { path: '/models', isAnswer: isModelList },
};

const picture: ModelTraits = { size: { width: 1_024, height: 1_024, step: 16 }, seed: false, negative: false };

const clip: ModelTraits = { size: { width: 854, height: 480, step: 2 }, seed: false, negative: false };

/**
 * xAI. Its route for speech knows no models (`POST /tts`, as `@ai-sdk/xai` 5.0.12 sends it): `tts` stands for the one that is
 * there, and a voice may be named after a slash, as in `tts/rex`.
 */
export const xaiDefinition: ProviderDefinition = {
  name: 'xai',
  prefixes: ['XAI'],
  baseUrl: 'https://api.x.ai/v1',
  seatsPerKey: 4,
  models: [
    { model: 'grok-imagine-image', kind: 'image', edits: true, traits: picture, price: { usd: 0.02, per: 'image' } },
    {
      model: 'grok-imagine-image-pro',
      kind: 'image',
      edits: true,
      traits: picture,
      price: { usd: 0.05, per: 'image' },
    },
    { model: 'grok-imagine-video-1.5', kind: 'video', traits: { ...clip, startsFromPicture: true } },
    { model: 'tts', kind: 'speech', label: 'Grok Voice', traits: textOnly },
  ],
  /** `tts/rex` */
  modelNames: /^[A-Za-z0-9][\w.-]{0,99}(?:\/[A-Za-z0-9][\w-]{0,63})?$/,
  otherModels: picture,
  chains: {
    image: ['grok-imagine-image'],
    edit: ['grok-imagine-image'],
    video: ['grok-imagine-video-1.5'],
    speech: ['tts'],
  },
  adapter: likeOpenAi('xai', xaiDialect),
};
