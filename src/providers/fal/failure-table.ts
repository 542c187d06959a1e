import type { FailureTable } from '../classification/classify.ts';
import { knownCodes } from '../classification/error-names.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/**
 * The failure table of fal. A model complains with `{detail: [{loc, msg, type}]}`, the platform with
 * `{detail, error_type}`; a locked account says why in the words of a 403.
 */
export const falFailures: FailureTable = {
  codes: {
    ...knownCodes,
    refused: [...knownCodes.refused, 'model_moderated'],
  },
  types: {
    refused: ['content_policy_violation'],
    'bad-request': [
      'image_too_small',
      'image_too_large',
      'image_load_error',
      'file_download_error',
      'file_too_large',
      'face_detection_error',
      'unsupported_image_format',
      'invalid_archive',
      'feature_not_supported',
      'missing',
      'string_too_long',
      'greater_than',
      'greater_than_equal',
      'less_than',
      'less_than_equal',
      'multiple_of',
      'one_of',
      'value_error',
      'literal_error',
      'bad_request',
    ],
    'timed-out': ['request_timeout', 'generation_timeout'],
    overloaded: [
      'startup_timeout',
      'runner_scheduling_failure',
      'runner_connection_timeout',
      'runner_disconnected',
      'runner_connection_refused',
      'runner_connection_error',
      'downstream_service_unavailable',
    ],
    'failed-run': [
      'runner_incomplete_response',
      'runner_server_error',
      'internal_server_error',
      'internal_error',
      'downstream_service_error',
      'no_media_generated',
    ],
  },
  statuses: usualStatuses,
  phrases: usualPhrases,
  limits: usualLimits,
};
