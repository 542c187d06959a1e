import type { FailureTable } from '../classification/classify.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** The failure table of Cohere: `{"message": "…"}` and the status. 498 and 499 are its own. */
export const cohereFailures: FailureTable = {
  codes: {},
  types: {},
  statuses: [
    { from: 498, means: 'rejected', sureness: 'likely' },
    { from: 499, means: 'overloaded', sureness: 'likely' },
    ...usualStatuses,
  ],
  phrases: usualPhrases,
  limits: usualLimits,
};
