import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/bytez`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: {
      image: ['ok-url'],
      video: ['ok-url'],
      music: ['ok-url', 'ok-audio-object', 'ok-audio-bytes'],
      speech: ['ok-audio-url', 'ok-audio-bytes'],
      chat: ['ok-chat', 'ok-chat-blocks', 'ok-chat-text', 'ok-chat-list', 'ok-chat-reasoning'],
    },
    'a bad key': ['401-unauthorized'],
    'no money': ['402-documented', '200-credits'],
    'too many in a time': ['429-documented'],
    'too many at once': ['429-concurrency', '200-concurrency'],
    'not for this key': ['403-model-plan'],
    'a model that is gone': ['404-model', '410-gone'],
    'refused words': ['400-nsfw', '200-nsfw', '422-moderation', '403-content-policy'],
    'a request that is wrong': ['422-fields'],
    'an overloaded provider': ['503-retry-after', '502-html'],
    'a provider that blocks this machine': ['403-network-block'],
    'a wrong body': ['c2-html', 'c2-empty', 'c1-cut-json', 'c3-empty-list'],
  },
  unknown: {
    'a run that fails, or is done without a result': 'Bytez has rows of its own for each shape of a failed run.',
  },
};
