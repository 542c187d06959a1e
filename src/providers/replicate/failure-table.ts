import type { FailureTable } from '../classification/classify.ts';
import { knownCodes } from '../classification/error-names.ts';
import { mentions } from '../classification/clauses.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** A run that failed says why in a sentence, some with a code in brackets: `(E005)`. */
const failedRun = 599;

const refusedOutput = {
  means: 'refused',
  says: mentions(
    String.raw`nsfw(?: content)?|flagged as sensitive|(?:sensitive|inappropriate|unsafe) (?:content|input|output|image)s?|safety (?:filters?|checker)|content (?:policy|moderation)|moderat(?:ed|ion)`,
  ),
} as const;
const unknownVersion = { means: 'unknown-model', says: mentions('version does not exist|invalid version') } as const;
const busy = {
  means: 'overloaded',
  says: mentions('high demand|(?:temporarily )?unavailable|queue is full|please retry'),
} as const;
const wrongInput = {
  means: 'bad-request',
  says: mentions(
    String.raw`(?:prompt|input) (?:is |was )?too (?:long|large)|must be (?:divisible|a multiple)|invalid (?:aspect|size|image)`,
  ),
} as const;

/**
 * The failure table of Replicate: `{title, detail, status}` for a refused call, a text in `error` for a run that failed,
 * which `statusOfFailedRun` stands for.
 */
export const replicateFailures: FailureTable = {
  codes: {
    ...knownCodes,
    refused: [...knownCodes.refused, 'E005'],
    overloaded: [...knownCodes.overloaded, 'E003', 'E004'],
    'failed-run': ['E1000', 'E1001'],
  },
  types: {},
  statuses: [
    { from: failedRun, means: 'failed-run', unless: [refusedOutput, busy, wrongInput] },
    ...usualStatuses.map((rule) =>
      rule.from === 422 ? { ...rule, unless: [unknownVersion, ...(rule.unless ?? [])] } : rule,
    ),
  ],
  phrases: usualPhrases,
  limits: usualLimits,
};

/** No status of HTTP: the rule for what a failed run says of itself. */
export const statusOfFailedRun = failedRun;
