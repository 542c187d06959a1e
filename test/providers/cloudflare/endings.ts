import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/cloudflare`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: { image: ['ok-base64', 'ok-bytes'], chat: ['ok-answer'], speech: ['speech-ok-base64', 'speech-ok-bytes'] },
    'a bad key': ['401-token', '400-token', '404-account', '403-blocked'],
    'no money': ['429-neurons'],
    'too many in a time': ['429-pace'],
    'not for this key': ['403-private', '403-private-old'],
    'a model that is gone': ['400-model', '404-model'],
    'refused words': {
      image: ['400-refused', '400-nsfw'],
      chat: ['400-refused', 'chat-filtered'],
      speech: ['400-refused'],
    },
    'a request that is wrong': ['400-field', '413'],
    'an overloaded provider': {
      image: ['429-capacity', '200-failed', '502-page'],
      chat: ['429-capacity', '502-page'],
      speech: ['429-capacity', '502-page'],
    },
    'a run that fails, or is done without a result': { image: ['500'], chat: ['500', 'chat-empty'], speech: ['500'] },
    'a provider that blocks this machine': ['403-wall'],
    'a wrong body': {
      image: ['200-page', '200-null', '200-no-image'],
      chat: ['200-page', '200-null', '200-no-image'],
      speech: ['200-page', '200-null', 'speech-none'],
    },
  },
  unknown: {
    'too many at once': 'A lack of free machines is the fault of no key.',
  },
};
