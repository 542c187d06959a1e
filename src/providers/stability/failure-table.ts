import { saysOf } from '../classification/clauses.ts';
import type { FailureTable, Phrase } from '../classification/classify.ts';
import { knownCodes } from '../classification/error-names.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** "model: must be one of sd3.5-large, …" */
const unknownModel: Phrase = {
  means: 'unknown-model',
  says: saysOf({ subject: 'model', state: 'must be one of|unknown|unsupported|not supported|invalid|deprecated' }),
};

/**
 * The failure table of Stability AI: `{id, name, errors: […]}`; v1 routes have `message` in place of `errors`. The name
 * decides where it says more than the status.
 */
export const stabilityFailures: FailureTable = {
  codes: {
    'out-of-credit': knownCodes['out-of-credit'],
    'rate-limited': knownCodes['rate-limited'],
    rejected: knownCodes.rejected,
    refused: knownCodes.refused,
    'bad-request': ['payload_too_large', 'invalid_sample_steps', 'unsupported_media_type'],
  },
  types: {},
  statuses: usualStatuses.map((rule) =>
    rule.from === 400 || rule.from === 422 ? { ...rule, unless: [unknownModel, ...(rule.unless ?? [])] } : rule,
  ),
  phrases: usualPhrases,
  limits: usualLimits,
};
