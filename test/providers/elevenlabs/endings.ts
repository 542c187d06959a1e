import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/elevenlabs`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: ['ok', 'ok-no-seats', 'ok-strange-seats'],
    'a bad key': ['401-invalid-key', '401-missing-key'],
    'no money': ['401-quota', '401-quota-typed', '402-plain'],
    'too many in a time': ['429-plain'],
    'too many at once': ['429-concurrent'],
    'not for this key': ['401-unusual', '401-permissions', '402-plan'],
    'a model that is gone': ['400-model', '404-voice'],
    'refused words': ['400-refused'],
    'a request that is wrong': ['400-too-long', '422-field'],
    'an overloaded provider': ['429-busy', '502-page', '503'],
    'a run that fails, or is done without a result': ['500'],
    'a provider that blocks this machine': ['403-block'],
    'a wrong body': ['200-json', '200-page', '200-empty', '404-plain'],
  },
  unknown: {},
};
