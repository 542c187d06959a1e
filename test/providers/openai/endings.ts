import type { ProviderEndings } from '../provider-endings.ts';

const refusals = ['400-moderation', '400-policy', '400-refused-words', '400-flagged', '200-error-refused'] as const;

/** The fixtures of `test/fixtures/openai`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: {
      image: ['ok-b64', 'ok-url'],
      edit: ['ok-b64', 'ok-url'],
      speech: ['speech-ok'],
      chat: ['chat-ok', 'chat-whole', 'chat-length'],
    },
    'a bad key': ['401-invalid-key', '401-deactivated'],
    'no money': ['429-quota', '429-balance', '400-hard-limit'],
    'too many in a time': ['429-rate'],
    'not for this key': ['403-unverified'],
    'a model that is gone': ['404-model', '404-deprecated', '400-model-value'],
    'refused words': { image: [...refusals, '200-empty'], edit: refusals, speech: refusals, chat: ['chat-filtered'] },
    'a request that is wrong': ['400-size', '400-too-long'],
    'an overloaded provider': ['503-overloaded', '502-page'],
    'a run that fails, or is done without a result': {
      image: ['500-server-error', '200-error'],
      edit: ['500-server-error'],
      speech: ['500-server-error', '200-error'],
      chat: ['500-server-error', '200-error', 'chat-empty'],
    },
    'a provider that blocks this machine': ['403-country'],
    'a wrong body': {
      image: ['200-page', '200-null', '200-no-list', '200-null-picture'],
      edit: ['200-page', '200-no-list'],
      speech: ['200-page', 'speech-empty', 'speech-json'],
      chat: ['200-page', 'chat-no-choice'],
    },
  },
  unknown: {
    'too many at once': 'OpenAI tells no number of requests at once.',
  },
};
