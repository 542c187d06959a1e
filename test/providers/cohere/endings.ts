import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/cohere`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: ['ok-stream', 'ok-whole', 'ok-max-tokens'],
    'a bad key': ['401'],
    'no money': ['402', '429-month'],
    'too many in a time': ['429-trial'],
    'too many at once': ['429-concurrent'],
    'not for this key': ['403'],
    'a model that is gone': ['404-model'],
    'refused words': ['refusal', '400-blocked'],
    'a request that is wrong': ['400', '422'],
    'an overloaded provider': ['503', '499'],
    'a run that fails, or is done without a result': ['500', 'stream-empty'],
    'a provider that blocks this machine': ['403-blocked'],
    'a wrong body': ['200-page'],
  },
  unknown: {},
};
