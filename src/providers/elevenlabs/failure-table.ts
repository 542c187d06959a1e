import type { FailureTable } from '../classification/classify.ts';
import { knownPhrases as says } from '../classification/phrases.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/**
 * The failure table of ElevenLabs, whose answers carry a code in `detail.status`. A 401 may be spent credit or a plan,
 * and a 429 may be the account's number of calls at once or a service that is full.
 */
export const elevenlabsFailures: FailureTable = {
  codes: {
    'out-of-credit': ['quota_exceeded', 'insufficient_credits', 'payment_required'],
    refused: ['bad_prompt', 'content_against_policy', 'bad_composition_plan'],
    concurrency: ['too_many_concurrent_requests', 'concurrent_limit_exceeded'],
    overloaded: ['system_busy'],
    'rate-limited': ['rate_limit_exceeded'],
    rejected: ['invalid_api_key', 'missing_api_key', 'needs_authorization'],
    /** A free plan behind a proxy: keys of paid plans work from the same machine. */
    'not-entitled': [
      'detected_unusual_activity',
      'missing_permissions',
      'paid_plan_required',
      'subscription_required',
      'feature_unavailable',
      'model_access_denied',
      'limited_access',
    ],
    'unknown-model': [
      'model_not_found',
      'invalid_model_id',
      'unsupported_model',
      'voice_not_found',
      'invalid_voice_id',
    ],
    'bad-request': ['max_character_limit_exceeded', 'text_too_long', 'empty_text', 'invalid_text'],
  },
  types: {},
  statuses: [
    /** The routes are fixed and a missing voice or model has a code, so the address is wrong. */
    { from: 404, to: 405, means: 'malformed', unless: [says.unknownModel] },
    ...usualStatuses,
  ],
  phrases: usualPhrases,
  limits: usualLimits,
};
