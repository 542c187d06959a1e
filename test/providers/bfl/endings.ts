import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/bfl`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  operation: { id: 'r-1', cost: 3 },
  endings: {
    ok: ['submit-200', 'result-ready'],
    'a bad key': ['submit-403'],
    'no money': ['submit-402'],
    'too many in a time': ['submit-429'],
    'too many at once': ['submit-429-tasks'],
    'a model that is gone': ['submit-404'],
    'refused words': ['result-request-moderated', 'result-content-moderated'],
    'a request that is wrong': ['submit-422'],
    'an overloaded provider': ['submit-503', 'submit-502'],
    'a run that fails, or is done without a result': ['result-error', 'result-gone', 'result-nothing'],
    'a provider that blocks this machine': ['submit-403-network'],
    'a wrong body': ['submit-200-no-id', 'submit-200-page'],
  },
  unknown: { 'not for this key': 'what the documentation says of 403 is that of a key that is not known, too' },
};
