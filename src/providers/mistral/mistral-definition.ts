import { textOnly } from '../../domain/provider.ts';
import type { FailureTable } from '../classification/classify.ts';
import { knownCodes, knownTypes } from '../classification/error-names.ts';
import { forbidden, usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';
import { type Dialect, isModelList } from '../openai/dialect.ts';
import { likeOpenAi } from '../openai/like-openai.ts';
import type { ModelDefinition, ProviderDefinition } from '../provider-definition.ts';

/**
 * The failure table of Mistral: `{object: "error", message, type, param, code}` with a number as its code. A 403 (1910) is a
 * model that the plan does not have.
 */
const failures: FailureTable = {
  codes: knownCodes,
  types: { ...knownTypes, 'unknown-model': [...knownTypes['unknown-model'], 'invalid_model'] },
  statuses: [forbidden('not-entitled'), ...usualStatuses],
  phrases: usualPhrases,
  limits: usualLimits,
};

/** Mistral: the usage comes with the last event unasked; a recording is base64 in JSON. */
export const mistralDialect: Dialect = {
  failures,
  versionPath: '/v1',
  speech: { path: '/audio/speech', fields: { voice_id: 'gb_jane_neutral', response_format: 'mp3' } },
  chat: { path: '/chat/completions' },
  probe: { path: '/models', isAnswer: isModelList },
};

function chat(model: string): ModelDefinition {
  return { model, kind: 'chat', traits: { ...textOnly, contextTokens: 32_000 } };
}

export const mistralDefinition: ProviderDefinition = {
  name: 'mistral',
  prefixes: ['MISTRAL'],
  baseUrl: 'https://api.mistral.ai/v1',
  seatsPerKey: 4,
  models: [
    // The small ones are those that the free plan serves.
    chat('ministral-8b-latest'),
    chat('ministral-14b-latest'),
    chat('mistral-small-2603'),
    chat('mistral-medium-3-5'),
    chat('mistral-large-4'),
    { model: 'voxtral-mini-tts-latest', kind: 'speech', traits: textOnly },
  ],
  otherModels: textOnly,
  chains: { chat: ['ministral-8b-latest', 'ministral-14b-latest'], speech: ['voxtral-mini-tts-latest'] },
  adapter: likeOpenAi('mistral', mistralDialect),
};
