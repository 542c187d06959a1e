import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/together`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  operation: { id: 'r-1' },
  endings: {
    ok: { image: ['ok-b64', 'ok-url'], speech: ['speech-ok'], chat: ['chat-ok'] },
    'a bad key': ['401'],
    'no money': ['402'],
    'too many in a time': ['429-rate'],
    'not for this key': ['403-model'],
    'a model that is gone': ['404-model'],
    'refused words': ['422-nsfw'],
    'a request that is wrong': ['400-steps'],
    'an overloaded provider': ['503'],
    'a run that fails, or is done without a result': ['500'],
    'a provider that blocks this machine': ['403-blocked'],
    'a wrong body': { image: ['200-page', '200-no-picture'], speech: ['200-page'], chat: ['200-page'] },
  },
  unknown: {
    'too many at once': 'Together tells no number of requests at once.',
  },
};
