import type { FailureTable, NamesByReason } from '../classification/classify.ts';
import { knownPhrases as says } from '../classification/phrases.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** The states of a task that end it for the words of the person. */
const codes: NamesByReason = { refused: ['SENSITIVE_WORD_ERROR'] };

/**
 * The failure table of sunoapi.org, by the `code` in its answers, whose HTTP status may be 200: there 429 is spent
 * credit, while 405 and 430 are rates (20 requests in 10 seconds), and 455 is maintenance.
 */
export const sunoFailures: FailureTable = {
  codes,
  types: {},
  statuses: [
    /** Neither a submission nor the probe names anything that could be missing, so the address is wrong. */
    { from: 404, means: 'malformed', unless: [says.unknownModel] },
    { from: 405, means: 'rate-limited', page: 'malformed' },
    /** A gateway in front of it says 429 for what the word means elsewhere. */
    {
      from: 429,
      means: 'out-of-credit',
      unconfirmed: 'likely',
      unless: [says.spentCredit, says.pace, says.concurrency, says.rateLimit, says.credit, says.overloaded],
      page: 'rate-limited',
    },
    { from: 430, means: 'rate-limited' },
    { from: 455, means: 'overloaded' },
    ...usualStatuses,
  ],
  phrases: usualPhrases,
  limits: usualLimits,
};

/** The failure table of kie.ai: the same envelope, with the usual codes besides the limit of a sub-key (433). */
export const kieFailures: FailureTable = {
  codes,
  types: {},
  statuses: [
    { from: 404, to: 405, means: 'malformed', unless: [says.unknownModel] },
    { from: 433, means: 'out-of-credit', sureness: 'likely' },
    { from: 455, means: 'overloaded' },
    ...usualStatuses,
  ],
  phrases: usualPhrases,
  limits: usualLimits,
};
