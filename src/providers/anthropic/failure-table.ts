import type { FailureTable } from '../classification/classify.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/**
 * The failure table of Anthropic: `{type: "error", error: {type, message}}`. Two types say nothing here, since their
 * words tell more: spent credit comes as an `invalid_request_error`, and `rate_limit_error` means calls in a minute, calls
 * at once, or the limit of what may be spent.
 */
export const anthropicFailures: FailureTable = {
  codes: {},
  types: {
    'out-of-credit': ['billing_error'],
    rejected: ['authentication_error'],
    'not-entitled': ['permission_error'],
    'unknown-model': ['not_found_error'],
    'bad-request': ['request_too_large'],
    'timed-out': ['timeout_error'],
    overloaded: ['overloaded_error'],
    'failed-run': ['api_error'],
  },
  statuses: usualStatuses,
  phrases: usualPhrases,
  limits: usualLimits,
};
