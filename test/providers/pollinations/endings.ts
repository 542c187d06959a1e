import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/pollinations`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: {
      image: ['ok-b64', 'ok-url'],
      edit: ['ok-b64', 'ok-url'],
      chat: ['chat-ok'],
      video: ['clip-ok'],
      music: ['song-ok'],
      speech: ['speech-ok'],
    },
    'a bad key': ['401'],
    'no money': ['402', '402-budget', 'clip-402'],
    'too many in a time': ['429-rate'],
    'not for this key': ['403-model'],
    'a model that is gone': ['404-model'],
    'refused words': ['400-refused'],
    'a request that is wrong': ['400-size'],
    'an overloaded provider': ['503'],
    'a run that fails, or is done without a result': ['500'],
    'a provider that blocks this machine': ['403-blocked'],
    'a wrong body': {
      image: ['200-page'],
      edit: ['200-page'],
      chat: ['200-page'],
      video: ['200-page', 'clip-empty'],
      music: ['200-page', 'clip-empty'],
      speech: ['200-page', 'clip-empty'],
    },
  },
  unknown: {
    'too many at once': 'Pollinations tells no number of requests at once.',
  },
};
