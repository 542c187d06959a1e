import type { FailureTable } from '../classification/classify.ts';
import { knownCodes, knownTypes } from '../classification/error-names.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/**
 * The failure table of Bytez. It documents 400, 401, 402, 404, 429 and 500 with plain text in `error`; models behind it
 * and gateways in front of it use common error codes.
 */
export const bytezFailures: FailureTable = {
  codes: knownCodes,
  types: knownTypes,
  statuses: usualStatuses,
  phrases: usualPhrases,
  limits: usualLimits,
};
