import type { ProviderEndings } from '../provider-endings.ts';

const nobodyCounts = 'a server of one’s own counts neither money nor calls';

/** The fixtures of `test/fixtures/a1111`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: ['submit-200', 'submit-200-data-uri'],
    'a bad key': ['submit-401'],
    'a model that is gone': ['submit-500-checkpoint'],
    'a request that is wrong': ['submit-422'],
    'an overloaded provider': ['submit-502', 'submit-503'],
    'a run that fails, or is done without a result': [
      'submit-500-memory',
      'submit-500-exception',
      'submit-200-nothing',
    ],
    'a wrong body': ['submit-200-address', 'submit-200-page', 'submit-404'],
  },
  unknown: {
    'no money': nobodyCounts,
    'too many in a time': nobodyCounts,
    'too many at once': 'the server makes one picture after another and lets the others wait',
    'not for this key': 'whoever may ask it at all may ask it everything',
    'refused words': 'it has no filter that tells of itself',
    'a provider that blocks this machine': 'a firewall in front of it answers nothing',
  },
};
