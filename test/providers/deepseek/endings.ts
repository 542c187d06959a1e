import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/deepseek`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: ['chat-ok', 'chat-blank'],
    'a bad key': ['401'],
    'no money': ['402'],
    'too many in a time': ['429-rate'],
    'too many at once': ['429-concurrency'],
    'a model that is gone': ['404-model', '400-model'],
    'refused words': ['400-risk'],
    'a request that is wrong': ['422', '400-long'],
    'an overloaded provider': ['503'],
    'a run that fails, or is done without a result': ['500'],
    'a provider that blocks this machine': ['403-blocked'],
    'a wrong body': ['200-page'],
  },
  unknown: {
    'not for this key': 'Every key may use every model.',
  },
};
