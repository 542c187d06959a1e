import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/gemini`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  operation: { id: 'models/veo-3.1-fast-generate-preview/operations/abc-1' },
  also: [],
  endings: {
    ok: {
      image: ['ok-picture', 'ok-thoughts'],
      edit: ['ok-edit'],
      music: ['ok-song'],
      speech: ['ok-speech'],
      chat: ['ok-answer', 'ok-stream', 'ok-stream-length'],
      video: ['submit-ok', 'status-elsewhere'],
    },
    'a bad key': ['400-key', '401', '403-leaked', '403-disabled'],
    'no money': ['402-prepay', '429-prepay', '429-day'],
    'too many in a time': ['429-minute', '429-plain'],
    'not for this key': ['429-zero', '429-zero-words', '400-billing'],
    'a model that is gone': ['404-model'],
    'refused words': {
      image: [
        '200-finish-safety',
        '200-finish-image-safety',
        '200-finish-blocklist',
        '200-block-other',
        '200-words-alone',
      ],
      edit: ['200-finish-image-recitation', '200-finish-image-prohibited-content', '200-block-image-safety'],
      music: ['200-finish-prohibited-content', '200-words-alone'],
      speech: ['200-finish-prohibited-content', '200-block-prohibited-content'],
      chat: ['200-finish-recitation', 'stream-safety', 'chat-blocked'],
      video: ['status-refused', 'status-error-words'],
    },
    'a request that is wrong': ['400-argument'],
    'an overloaded provider': ['503-overloaded'],
    'a run that fails, or is done without a result': {
      image: ['500-internal', '200-finish-no-image', '200-finish-image-other'],
      edit: ['500-internal', '200-finish-no-image'],
      music: ['500-internal', '200-finish-other'],
      speech: ['500-internal', '200-finish-other'],
      chat: ['500-internal', 'chat-empty'],
      video: ['500-internal', 'status-empty', 'status-error-internal', 'status-404'],
    },
    'a provider that blocks this machine': ['400-region'],
    'a wrong body': ['200-page', '200-null'],
  },
  unknown: {
    'too many at once': 'The service tells no number of requests at once.',
  },
};
