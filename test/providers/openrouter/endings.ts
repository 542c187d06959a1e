import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/openrouter`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  operation: { id: 'r-1' },
  endings: {
    ok: { image: ['ok-b64'], edit: ['ok-b64'], chat: ['chat-ok'], video: ['video-submit', 'video-done'] },
    'a bad key': ['401'],
    'no money': ['402', '403-key-limit', '429-day'],
    'too many in a time': ['429-minute', '402-in-flight'],
    'not for this key': ['403-model'],
    'a model that is gone': ['404-model', '400-model'],
    'refused words': {
      image: ['403-moderation'],
      edit: ['403-moderation'],
      chat: ['403-moderation'],
      video: ['403-moderation', 'video-moderated'],
    },
    'a request that is wrong': ['400-fields'],
    'an overloaded provider': {
      chat: ['chat-error', '503', '502'],
      image: ['503', '502'],
      edit: ['503', '502'],
      video: ['503', '502'],
    },
    'a run that fails, or is done without a result': {
      image: ['500'],
      edit: ['500'],
      chat: ['500'],
      video: ['500', 'video-failed', 'video-expired', 'video-404'],
    },
    'a provider that blocks this machine': ['403-blocked'],
    'a wrong body': {
      image: ['200-page'],
      edit: ['200-page'],
      chat: ['200-page'],
      video: ['200-page', 'video-submit-no-id'],
    },
  },
  unknown: {
    'too many at once': 'OpenRouter tells no number of requests at once.',
  },
};
