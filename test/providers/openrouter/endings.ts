import type { ProviderEndings } from '../provider-endings.ts';

/** The fixtures of `test/fixtures/openrouter`, by the ending that each must be understood as. */
export const endings: ProviderEndings = {
  endings: {
    ok: { image: ['ok-b64'], edit: ['ok-b64'], chat: ['chat-ok'] },
    'a bad key': ['401'],
    'no money': ['402', '403-key-limit', '429-day'],
    'too many in a time': ['429-minute', '402-in-flight'],
    'not for this key': ['403-model'],
    'a model that is gone': ['404-model', '400-model'],
    'refused words': ['403-moderation'],
    'a request that is wrong': ['400-fields'],
    'an overloaded provider': { chat: ['chat-error', '503', '502'], image: ['503', '502'], edit: ['503', '502'] },
    'a run that fails, or is done without a result': ['500'],
    'a provider that blocks this machine': ['403-blocked'],
    'a wrong body': ['200-page'],
  },
  unknown: {
    'too many at once': 'OpenRouter tells no number of requests at once.',
  },
};
