import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/anthropic`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: ['ok-stream', 'ok-whole', 'ok-max-tokens'],
    'a bad key': ['401'],
    'no money': ['402', '400-credit'],
    'too many in a time': ['429'],
    'too many at once': ['429-concurrent'],
    'not for this key': ['403'],
    'a model that is gone': ['404-model'],
    'refused words': ['refusal', '400-policy'],
    'a request that is wrong': ['400'],
    'an overloaded provider': ['529', 'stream-overloaded'],
    'a run that fails, or is done without a result': ['500', 'stream-empty'],
    'a provider that blocks this machine': ['403-blocked'],
    'a wrong body': ['200-page', '200-null'],
  },
  unknown: {},
};
