import type { NamesByReason } from './classify.ts';

/**
 * Codes that several providers and gateways share. Quota comes before the rate limit. Names that only repeat a status
 * (`bad_request`, `server_error`), or that stand for several limits (`quota_exceeded`), are left to the words.
 */
export const knownCodes = {
  'out-of-credit': [
    'insufficient_quota',
    'insufficient_credits',
    'insufficient_balance',
    'credit_balance_exhausted',
    'billing_hard_limit_reached',
    'billing_not_active',
    'payment_required',
  ],
  concurrency: ['concurrency_limit_exceeded', 'concurrency_limit_reached', 'too_many_concurrent_requests'],
  'rate-limited': [
    'in_flight_budget_exhausted',
    'rate_limit_exceeded',
    'rate_limit_reached',
    'rate_limited',
    'too_many_requests',
  ],
  rejected: [
    'invalid_api_key',
    'incorrect_api_key',
    'account_deactivated',
    'unauthorized',
    'unauthenticated',
    'API_KEY_INVALID',
  ],
  'not-entitled': [
    'model_access_denied',
    'model_not_allowed',
    'model_not_available_for_plan',
    'unsupported_country_region_territory',
    'plan_upgrade_required',
  ],
  'unknown-model': ['model_not_found', 'unknown_model', 'model_deprecated', 'model_does_not_exist'],
  refused: [
    'moderation_blocked',
    'content_moderation',
    'content_policy_violation',
    'content_filter',
    'content_filtered',
    'sensitive_word_error',
  ],
  'bad-request': ['context_length_exceeded', 'string_above_max_length', 'missing_required_parameter'],
  overloaded: ['server_is_overloaded', 'overloaded', 'slow_down', 'service_unavailable', 'model_loading'],
  'timed-out': ['gateway_timeout', 'deadline_exceeded'],
} as const satisfies NamesByReason;

/** Without `invalid_request_error`, which providers also use for a wrong key and for an unknown model. */
export const knownTypes = {
  'out-of-credit': ['insufficient_quota', 'billing_error'],
  'rate-limited': ['rate_limit_error', 'rate_limit_exceeded'],
  rejected: ['authentication_error'],
  'unknown-model': ['not_found_error'],
  'bad-request': ['image_generation_user_error'],
  overloaded: ['overloaded_error'],
} as const satisfies NamesByReason;
