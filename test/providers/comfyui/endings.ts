import type { ProviderEndings } from '../provider-endings.ts';

const nobodyCounts = 'a server of one’s own counts no calls';

/** The fixtures of `test/fixtures/comfyui`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  operation: { id: 'r-1', makes: 'picture' },
  also: [
    { when: '/view?', body: {} },
    { when: '/queue', body: { queue_running: [], queue_pending: [] } },
  ],
  endings: {
    ok: ['submit-200', 'status-made', 'status-video'],
    'a bad key': ['submit-401', 'status-error-login'],
    'no money': ['status-error-credits'],
    'a model that is gone': ['submit-400-checkpoint', 'submit-400-node', 'submit-400-no-outputs'],
    'refused words': ['status-error-refused'],
    'a request that is wrong': { edit: ['status-error-picture'] },
    'an overloaded provider': ['submit-502', 'submit-503'],
    'a run that fails, or is done without a result': [
      'submit-400-input',
      'submit-500',
      'status-error-memory',
      'status-error-shapes',
      'status-interrupted',
      'status-nothing',
      'status-text',
      'status-forgotten',
    ],
    'a wrong body': ['submit-200-no-id', 'submit-200-page', 'submit-404'],
  },
  unknown: {
    'too many in a time': nobodyCounts,
    'too many at once': 'the server makes one after another and lets the others wait in its queue',
    'not for this key': 'whoever may ask it at all may ask it everything',
    'a provider that blocks this machine': 'a firewall in front of it answers nothing',
  },
};
