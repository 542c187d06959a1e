import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/replicate`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  operation: { id: 'r-1' },
  endings: {
    ok: ['submit-201', 'submit-201-done', 'get-text', 'get-list', 'get-several', 'get-object'],
    'a bad key': ['submit-401'],
    'no money': ['submit-402'],
    'too many in a time': ['submit-429'],
    'a model that is gone': ['submit-404', 'submit-422-version'],
    'refused words': ['get-nsfw', 'get-e005'],
    'a request that is wrong': ['submit-422-input'],
    'an overloaded provider': ['submit-503', 'submit-502', 'get-demand'],
    'a run that fails, or is done without a result': [
      'get-failed',
      'get-removed',
      'get-canceled',
      'get-aborted',
      'get-404',
    ],
    'a provider that blocks this machine': ['submit-403-network'],
    'a wrong body': ['submit-201-no-id', 'submit-200-page'],
  },
  unknown: {
    'too many at once': 'Replicate limits the predictions in a time, not those at once',
    'not for this key': 'every token of an account may run every public model',
  },
};
