import type { FailureTable } from '../classification/classify.ts';
import { knownCodes, knownTypes, knownPhrases as says } from '../classification/phrases.ts';

/** Phrases for a status that does not name the cause. Quota comes before the rate limit. */
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

/** Refusals come first: a wrong one costs one call, while a wrongly blamed key costs many. */
const ofTheRequest = [says.refused, says.strangeParameter, says.unusablePrompt, ...whoseFault] as const;

/**
 * The failure table of Bytez. It documents 400, 401, 402, 404, 429 and 500 with plain text in `error`; models behind it
 * and gateways in front of it use common error codes.
 */
export const bytezFailures: FailureTable = {
  codes: knownCodes,
  types: knownTypes,
  statuses: [
    /** A non-null error in a 2xx response. */
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
        says.blocksThisMachine,
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
