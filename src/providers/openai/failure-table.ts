import type { FailureTable } from '../classification/classify.ts';
import { knownCodes } from '../classification/error-names.ts';
import { mentions } from '../classification/clauses.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** The route is missing, so the address is wrong. */
const wrongAddress = { means: 'malformed', says: mentions('invalid url') } as const;

/**
 * The failure table of OpenAI: `{error: {message, type, param, code}}`, the code mostly decides. Its type tells little:
 * `invalid_request_error` is also used for a wrong key and for spent credit.
 */
export const openaiFailures: FailureTable = {
  codes: {
    'out-of-credit': [
      ...knownCodes['out-of-credit'],
      'organization_spend_limit_exceeded',
      'project_spend_limit_exceeded',
      'organization_usage_limit_exceeded',
    ],
    'rate-limited': [...knownCodes['rate-limited'], 'slow_down'],
    'blocks-this-machine': ['unsupported_country_region_territory', 'ip_not_authorized'],
    rejected: [
      ...knownCodes.rejected,
      'invalid_organization',
      'mismatched_organization',
      'mismatched_project',
      'invalid_project',
    ],
    'not-entitled': ['model_access_denied', 'model_not_allowed'],
    'unknown-model': knownCodes['unknown-model'],
    refused: [...knownCodes.refused, 'image_content_policy_violation', 'bio_policy', 'invalid_prompt'],
    'bad-request': [
      ...knownCodes['bad-request'],
      'invalid_value',
      'invalid_type',
      'invalid_size',
      'unknown_parameter',
      'unsupported_parameter',
      'unsupported_value',
      'integer_below_min_value',
      'integer_above_max_value',
    ],
    overloaded: ['server_is_overloaded', 'engine_overloaded', 'service_unavailable'],
    'failed-run': ['server_error', 'internal_error'],
  },
  types: {
    'out-of-credit': ['insufficient_quota'],
    'rate-limited': ['requests', 'tokens', 'rate_limit_error'],
    rejected: ['authentication_error'],
    overloaded: ['overloaded_error'],
  },
  statuses: usualStatuses.map((rule) =>
    rule.from === 404 ? { ...rule, unless: [wrongAddress, ...(rule.unless ?? [])] } : rule,
  ),
  phrases: usualPhrases,
  limits: usualLimits,
};
