import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/xai`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: ['ok-b64'],
    'a bad key': ['400-key', '401'],
    'no money': ['403-credit'],
    'too many in a time': ['429-rate'],
    'not for this key': ['403-model'],
    'a model that is gone': ['404-model'],
    'refused words': ['400-moderation', '200-held-back'],
    'a request that is wrong': ['400-ratio'],
    'an overloaded provider': ['503'],
    'a run that fails, or is done without a result': ['500'],
    'a provider that blocks this machine': ['403-blocked'],
    'a wrong body': ['200-page'],
  },
  unknown: {
    'too many at once': 'xAI tells no number of requests at once.',
  },
};
