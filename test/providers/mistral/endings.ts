import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/mistral`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: { chat: ['chat-ok'], speech: ['speech-ok'] },
    'a bad key': ['401'],
    'no money': ['402'],
    'too many in a time': ['429-rate'],
    'not for this key': ['403-plan'],
    'a model that is gone': ['404-model', '400-model'],
    'refused words': ['400-refused'],
    'a request that is wrong': ['422'],
    'an overloaded provider': ['503'],
    'a run that fails, or is done without a result': ['500'],
    'a provider that blocks this machine': ['403-blocked'],
    'a wrong body': ['200-page'],
  },
  unknown: {
    'too many at once': 'Mistral tells no number of requests at once.',
  },
};
