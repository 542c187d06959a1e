import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/stability`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: { image: ['ok-bytes', 'ok-json'], edit: ['ok-bytes', 'ok-json'], music: ['ok-bytes'] },
    'a bad key': ['401'],
    'no money': ['402'],
    'too many in a time': ['429'],
    'a model that is gone': ['400-model', '404'],
    'refused words': ['403-moderation', '200-filtered-header', '200-filtered-json', '200-errors'],
    'a request that is wrong': ['400-field', '413', '422'],
    'an overloaded provider': ['503-page'],
    'a run that fails, or is done without a result': ['500', '200-error'],
    'a provider that blocks this machine': ['403-country'],
    'a wrong body': ['200-page', '200-page-as-picture', '200-empty', '200-no-image'],
  },
  unknown: {
    'too many at once': 'The service limits requests in a time alone.',
    'not for this key': 'Every account may use every route that it can pay for.',
  },
};
