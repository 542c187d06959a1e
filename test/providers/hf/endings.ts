import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/hf`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: { image: ['ok-bytes'], chat: ['ok-answer'] },
    'a bad key': ['401', '403-permission'],
    'no money': ['402-month', '402-plain'],
    'too many in a time': ['429'],
    'not for this key': ['403-gated'],
    'a model that is gone': { image: ['404-model', '400-model', '410-model'], chat: ['404-model', 'chat-model'] },
    'refused words': { image: ['400-nsfw'], chat: ['400-nsfw', 'chat-filtered'] },
    'a request that is wrong': ['400-inputs', '422'],
    'an overloaded provider': ['503-loading', '502-page'],
    'a run that fails, or is done without a result': { image: ['500', '200-error'], chat: ['500', 'chat-empty'] },
    'a provider that blocks this machine': ['403-wall'],
    'a wrong body': ['200-page', '200-null', '410-host'],
  },
  unknown: {
    'too many at once': 'The router tells no number of requests at once.',
  },
};
