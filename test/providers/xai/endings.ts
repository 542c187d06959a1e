import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/xai`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  operation: { id: 'r-1' },
  endings: {
    ok: { image: ['ok-b64'], edit: ['ok-b64'], video: ['video-submit', 'video-done'], speech: ['speech-ok'] },
    'a bad key': ['400-key', '401'],
    'no money': ['403-credit'],
    'too many in a time': ['429-rate'],
    'not for this key': ['403-model'],
    'a model that is gone': {
      image: ['404-model'],
      edit: ['404-model'],
      video: ['404-model'],
      speech: ['404-model', 'speech-400-voice'],
    },
    'refused words': {
      image: ['400-moderation', '200-held-back'],
      edit: ['400-moderation', '200-held-back'],
      video: ['400-moderation', 'video-held-back', 'video-moderated'],
      speech: ['400-moderation'],
    },
    'a request that is wrong': ['400-ratio'],
    'an overloaded provider': ['503'],
    'a run that fails, or is done without a result': {
      image: ['500'],
      edit: ['500'],
      video: ['500', 'video-failed', 'video-expired', 'video-none', 'video-404'],
      speech: ['500'],
    },
    'a provider that blocks this machine': ['403-blocked'],
    'a wrong body': {
      image: ['200-page'],
      edit: ['200-page'],
      video: ['200-page', 'video-submit-no-id'],
      speech: ['200-page'],
    },
  },
  unknown: {
    'too many at once': 'xAI tells no number of requests at once.',
  },
};
