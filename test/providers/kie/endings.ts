import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/kie`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  operation: { id: '5c79a0b1c2d3e4f5a6b7c8d9e0f1beef' },
  endings: {
    ok: ['record-success', 'record-success-snake', 'record-success-string', 'record-callback-songs'],
    'a bad key': ['submit-401', 'submit-401-http'],
    'no money': ['submit-402', 'submit-433'],
    'too many in a time': ['submit-429'],
    'a model that is gone': ['submit-400-model'],
    'refused words': ['submit-400-refused', 'record-sensitive', 'record-audio-moderated'],
    'a request that is wrong': ['submit-400-parameters', 'submit-413', 'submit-422'],
    'an overloaded provider': ['submit-455', 'submit-500', 'submit-502-page'],
    'a run that fails, or is done without a result': [
      'record-success-none',
      'record-create-failed',
      'record-audio-failed',
      'record-failed-echo',
      'record-failed-no-param',
      'record-failed-key',
      'record-404',
    ],
    'a provider that blocks this machine': ['submit-403-network'],
    'a wrong body': ['submit-404', 'submit-200-page', 'submit-200-no-id', 'submit-200-path-id', 'submit-200-no-code'],
  },
  unknown: {
    'too many at once': 'It tells no number of songs at once.',
    'not for this key': 'Every key may use every model.',
  },
};
