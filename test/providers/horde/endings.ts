import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/horde`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  operation: {
    id: 'r-1',
  },
  also: [
    {
      when: '/check/',
      body: {
        done: true,
      },
    },
  ],
  endings: {
    ok: ['status-url', 'status-base64'],
    'a bad key': ['submit-401'],
    'no money': ['submit-403-kudos', 'submit-403-shared-key'],
    'too many in a time': ['submit-429-rate'],
    'too many at once': ['submit-429-prompts'],
    'not for this key': ['submit-403-anonymous'],
    'a model that is gone': ['submit-400-model', 'submit-400-workers', 'check-impossible'],
    'refused words': ['submit-400-corrupt', 'submit-400-refused-words', 'status-censored', 'status-censored-note'],
    'a request that is wrong': ['submit-400-size'],
    'an overloaded provider': ['submit-503', 'submit-502', 'submit-423'],
    'a run that fails, or is done without a result': ['check-faulted', 'status-empty', 'check-404-gone'],
    'a provider that blocks this machine': ['submit-403-network'],
    'a wrong body': ['submit-200-page', 'submit-202-no-id', 'submit-202-path-id'],
  },
  unknown: {},
};
