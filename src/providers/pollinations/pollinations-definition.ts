import { type ModelTraits, textOnly } from '../../domain/provider.ts';
import type { FailureTable } from '../classification/classify.ts';
import { knownCodes, knownTypes } from '../classification/error-names.ts';
import { forbidden, usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';
import { type Dialect, fieldOf } from '../openai/dialect.ts';
import type { SizeForm } from '../picture-size.ts';
import { likeOpenAi } from '../openai/like-openai.ts';
import type { ModelDefinition, ProviderDefinition } from '../provider-definition.ts';

/** The failure table of Pollinations: `{success: false, error: {code, message}, status}`; a 403 is a model not allowed. */
const failures: FailureTable = {
  codes: knownCodes,
  types: knownTypes,
  statuses: [forbidden('not-entitled'), ...usualStatuses],
  phrases: usualPhrases,
  limits: usualLimits,
};

/** The balance in pollen, in either of the two forms that were seen. */
function balanceIn(body: unknown): number | undefined {
  const account = fieldOf(body, 'accountBalance');
  const inside = typeof account === 'object' && account !== null ? Object.values(account) : [account];
  return [fieldOf(body, 'balance'), ...inside].find((value) => typeof value === 'number' && Number.isFinite(value)) as
    | number
    | undefined;
}

const anySize: SizeForm = { as: 'size', rule: { kind: 'free', step: 8, maxPixels: 2_048 * 2_048, maxRatio: 4 } };

/**
 * Pollinations: pictures, changes, videos, sounds and answers at `gen.pollinations.ai`, with a key of enter.pollinations.ai.
 * A video comes from the route of pictures (`GET /image/{words}`) by the model that is named, a song from that of speech; the
 * fields are those of `pollinations/pollinations`, `enter.pollinations.ai/src/routes`.
 */
export const pollinationsDialect: Dialect = {
  failures,
  versionPath: '/v1',
  pictures: {
    path: '/images/generations',
    families: [{ size: anySize, fields: { response_format: 'b64_json' } }],
  },
  edits: { path: '/images/edits', inputs: 'files' },
  speech: { path: '/audio/speech', fields: { voice: 'alloy', response_format: 'mp3' } },
  music: {
    path: '/audio/speech',
    bodyOf: ({ model, prompt, instrumental }) => ({
      model,
      input: prompt.toWellFormed(),
      response_format: 'mp3',
      ...(instrumental === true ? { instrumental } : {}),
    }),
  },
  clips: { path: '/image/', ratios: ['16:9', '9:16'], fields: { private: 'true' } },
  chat: { path: '/chat/completions', fields: { stream_options: { include_usage: true } } },
  // The list of models needs no key; the balance does.
  probe: { path: '/account/balance', below: 'root', isAnswer: (body) => balanceIn(body) !== undefined },
  balance: { path: '/account/balance', below: 'root', unit: 'pollen', amount: balanceIn },
};

const picture: ModelTraits = { size: { width: 1_024, height: 1_024, step: 8 }, seed: false, negative: false };

const clip: ModelTraits = { size: { width: 1_280, height: 720, step: 16 }, seed: true, negative: false };

function image(model: string, more: Partial<ModelDefinition> = {}): ModelDefinition {
  return { model, kind: 'image', traits: picture, ...more };
}

export const pollinationsDefinition: ProviderDefinition = {
  name: 'pollinations',
  prefixes: ['POLLINATIONS'],
  aliases: ['POLLINATIONS_TOKEN', 'POLLINATIONS_KEY'],
  baseUrl: 'https://gen.pollinations.ai',
  seatsPerKey: 2,
  models: [
    image('flux', { price: { usd: 0.001, per: 'image' } }),
    image('zimage', { price: { usd: 0.004, per: 'image' } }),
    image('seedream5', { edits: true }),
    image('nanobanana', { edits: true }),
    image('kontext', { kind: 'edit' }),
    image('p-image-edit', { kind: 'edit' }),
    { model: 'wan', kind: 'video', label: 'Wan', traits: clip },
    { model: 'seedance', kind: 'video', label: 'Seedance', traits: clip },
    { model: 'veo', kind: 'video', label: 'Veo', traits: clip },
    { model: 'tts-1', kind: 'speech', traits: textOnly },
    { model: 'elevenmusic', kind: 'music', label: 'Eleven Music', traits: { ...textOnly, song: ['instrumental'] } },
    { model: 'openai', kind: 'chat', traits: textOnly },
  ],
  otherModels: picture,
  chains: {
    image: ['flux', 'zimage'],
    edit: ['kontext', 'p-image-edit'],
    video: ['wan', 'seedance'],
    music: ['elevenmusic'],
    speech: ['tts-1'],
    chat: ['openai'],
  },
  adapter: likeOpenAi('pollinations', pollinationsDialect),
};
