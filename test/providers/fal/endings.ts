import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/fal`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  operation: { id: 'r-1', app: 'fal-ai/flux' },
  also: [{ when: '/status', body: { status: 'COMPLETED' } }],
  endings: {
    ok: ['submit-200', 'result-image', 'result-video', 'result-audio', 'result-data'],
    'a bad key': ['submit-401'],
    'no money': ['submit-403-locked'],
    'too many in a time': ['submit-429'],
    'a model that is gone': ['submit-404'],
    'refused words': ['submit-422-policy', 'result-422', 'result-black'],
    'a request that is wrong': ['submit-422-field'],
    'an overloaded provider': ['submit-503', 'submit-502'],
    'a run that fails, or is done without a result': ['result-500', 'result-empty', 'status-404'],
    'a provider that blocks this machine': ['submit-403-network'],
    'a wrong body': ['submit-200-no-id', 'submit-200-path-id', 'submit-200-page'],
  },
  unknown: {
    'too many at once': 'fal lets them wait in its queue',
    'not for this key': 'every key of an account may run every model',
  },
};
