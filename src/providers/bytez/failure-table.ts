import type { FailureTable } from '../classification/classify.ts';
import { knownCodes, knownTypes, knownPhrases as says } from '../classification/phrases.ts';

/** What may stand in an answer whose status leaves open whose fault it is. Quota comes before the rate. */
const whoseFault = [
  says.spentCredit,
  says.paymentRequired,
  says.concurrency,
  says.rateLimit,
  says.rejected,
  says.unknownModel,
  says.notEntitled,
  says.planAllows,
  says.refused,
  says.strangeParameter,
  says.unusablePrompt,
  says.timedOut,
  says.overloaded,
] as const;

/** A refusal is looked for first: it costs one call, where a key that is blamed wrongly costs many. */
const ofTheRequest = [says.refused, says.strangeParameter, says.unusablePrompt, ...whoseFault] as const;

/**
 * How Bytez spells its failures. It documents 400, 401, 402, 404, 429 and 500 with plain words in `error`; what comes
 * from the models behind it, or from a gateway before it, uses the names that everybody uses.
 */
export const bytezFailures: FailureTable = {
  codes: knownCodes,
  types: knownTypes,
  statuses: [
    /** A non-null error in a good answer. */
    { from: 200, to: 299, means: 'unrecognized', unless: [...whoseFault, says.failedRun], page: 'malformed' },
    { from: 300, to: 399, means: 'malformed' },
    { from: 400, means: 'bad-request', unless: ofTheRequest, page: 'malformed' },
    { from: 401, means: 'rejected' },
    { from: 402, means: 'out-of-credit', unless: [says.spentCredit, says.notEntitled] },
    {
      from: 403,
      means: 'rejected',
      sureness: 'likely',
      unless: [
        says.refused,
        says.spentCredit,
        says.paymentRequired,
        says.concurrency,
        says.rateLimit,
        says.rejected,
        says.notEntitled,
      ],
      page: 'malformed',
    },
    { from: 404, means: 'unknown-model', unless: [says.unknownModel, says.notEntitled] },
    { from: 408, means: 'timed-out', sureness: 'likely' },
    { from: 409, means: 'overloaded', sureness: 'likely', unless: whoseFault },
    { from: 410, means: 'unknown-model', sureness: 'likely' },
    { from: 413, to: 414, means: 'bad-request', sureness: 'likely', unless: ofTheRequest, page: 'malformed' },
    { from: 422, means: 'bad-request', sureness: 'likely', unless: ofTheRequest, page: 'malformed' },
    { from: 425, means: 'overloaded', sureness: 'likely', unless: whoseFault },
    {
      from: 429,
      means: 'rate-limited',
      unless: [says.credit, says.concurrency, says.rateLimit, says.notEntitled, says.planAllows],
    },
    { from: 500, means: 'failed-run', unless: [says.overloaded, says.strangeParameter, says.refusedPlainly] },
    { from: 501, to: 599, means: 'overloaded' },
  ],
  phrases: whoseFault,
};
