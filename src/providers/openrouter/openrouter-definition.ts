import { type ModelTraits, textOnly } from '../../domain/provider.ts';
import type { FailureTable } from '../classification/classify.ts';
import { mentions } from '../classification/clauses.ts';
import { knownCodes, knownTypes } from '../classification/error-names.ts';
import { forbidden, usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';
import { type Dialect, fieldOf } from '../openai/dialect.ts';
import { likeOpenAi } from '../openai/like-openai.ts';
import type { ProviderDefinition } from '../provider-definition.ts';

/** A 403 is the limit of money that the key was given, or moderation. */
const keyLimit = { means: 'out-of-credit', says: mentions('key limit|limit of (?:this|the|your) key') } as const;
/** What runs now may cost more than is left; it ends with them. */
const inFlight = { means: 'rate-limited', says: mentions('in flight') } as const;
const ofAMinute = { means: 'rate-limited', says: mentions('per min(?:ute)?') } as const;
const flagged = { means: 'refused', says: mentions('requires moderation|moderation|flagged') } as const;

/** The failure table of OpenRouter: `{error: {code, message, metadata}}`, where the code is the status again. */
const failures: FailureTable = {
  codes: knownCodes,
  types: knownTypes,
  statuses: [
    forbidden('rejected', [keyLimit, flagged]),
    ...usualStatuses.map((rule) =>
      rule.from === 402 || rule.from === 429
        ? { ...rule, unless: [inFlight, ofAMinute, ...(rule.unless ?? [])] }
        : rule,
    ),
  ],
  phrases: usualPhrases,
  limits: usualLimits,
};

/**
 * OpenRouter: pictures on a route of its own, the price of every run in its usage. `GET /key` tells what the key may still
 * spend; one without a limit tells nothing. A video is a job (`POST /videos`, `GET /videos/{id}`) whose file is served to the
 * key alone (`GET /videos/{id}/content`), as `@openrouter/sdk` 1.3.19 and the reference of its video API have it.
 */
export const openrouterDialect: Dialect = {
  failures,
  versionPath: '/api/v1',
  pictures: {
    path: '/images',
    families: [{ size: { as: 'aspect', ratios: ['1:1', '4:3', '3:4', '3:2', '2:3', '16:9', '9:16'] } }],
  },
  edits: { path: '/images', inputs: 'references' },
  speech: { path: '/audio/speech', fields: { voice: 'alloy', response_format: 'mp3' } },
  chat: { path: '/chat/completions', fields: { usage: { include: true } } },
  videos: {
    path: '/v1/videos',
    statusPath: '/v1/videos',
    fields: {},
    size: { as: 'aspect', ratios: ['16:9', '9:16', '1:1', '4:3', '3:4', '3:2', '2:3', '21:9', '9:21'] },
    id: 'id',
    done: 'completed',
    failed: ['failed', 'cancelled', 'expired'],
    result: { content: '/content?index=0' },
  },
  countedApart: { models: /:free$/, words: /\bfree-models-per-/i },
  cost: { field: 'cost', perDollar: 1 },
  probe: { path: '/key', isAnswer: (body) => typeof fieldOf(fieldOf(body, 'data'), 'label') === 'string' },
  balance: {
    path: '/key',
    unit: 'USD',
    amount: (body) => {
      const left = fieldOf(fieldOf(body, 'data'), 'limit_remaining');
      return typeof left === 'number' && Number.isFinite(left) ? left : undefined;
    },
  },
};

const clip: ModelTraits = { size: { width: 1_280, height: 720, step: 16 }, seed: false, negative: false };
const picture: ModelTraits = { size: { width: 1_024, height: 1_024, step: 16 }, seed: false, negative: false };

export const openrouterDefinition: ProviderDefinition = {
  name: 'openrouter',
  prefixes: ['OPENROUTER'],
  baseUrl: 'https://openrouter.ai/api/v1',
  seatsPerKey: 4,
  models: [
    { model: 'bytedance-seed/seedream-4.5', kind: 'image', edits: true, traits: picture },
    { model: 'alibaba/wan-2.6', label: 'Wan 2.6', kind: 'video', traits: clip },
    { model: 'google/veo-3.1', label: 'Veo 3.1', kind: 'video', traits: clip },
    { model: 'openrouter/auto', kind: 'chat', traits: { ...textOnly, contextTokens: 128_000 } },
  ],
  /** `deepseek/deepseek-r1:free` */
  modelNames: /^[A-Za-z0-9~][\w.-]{0,99}(?:\/[\w.-]{1,100}){1,2}(?::[a-z]{1,20})?$/,
  otherModels: picture,
  chains: {
    image: ['bytedance-seed/seedream-4.5'],
    edit: ['bytedance-seed/seedream-4.5'],
    video: ['alibaba/wan-2.6', 'google/veo-3.1'],
    chat: ['openrouter/auto'],
  },
  adapter: likeOpenAi('openrouter', openrouterDialect),
};
