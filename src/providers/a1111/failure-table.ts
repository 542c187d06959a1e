import type { FailureTable } from '../classification/classify.ts';
import { mentions } from '../classification/clauses.ts';
import { knownPhrases as says } from '../classification/phrases.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** A checkpoint that the server does not have is told as the error of a run: `RuntimeError`, "Unknown checkpoint: …". */
const unknownCheckpoint = {
  means: 'unknown-model',
  says: mentions('unknown checkpoint|(?:checkpoint|model) not found'),
} as const;

/**
 * The failure table of AUTOMATIC1111 and its kin: `{detail}` from its framework, `{error, detail, body, errors}` of a run
 * that raised an exception, memory that is full among them.
 */
export const a1111Failures: FailureTable = {
  codes: {},
  types: {},
  statuses: [
    /** Without `--api` the server has none of the routes. */
    { from: 404, to: 405, means: 'malformed', unless: [unknownCheckpoint] },
    { from: 500, means: 'failed-run', unless: [unknownCheckpoint, says.strangeParameter] },
    ...usualStatuses,
  ],
  phrases: usualPhrases,
  limits: usualLimits,
};
