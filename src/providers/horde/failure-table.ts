import type { FailureTable } from '../classification/classify.ts';
import { knownPhrases as says } from '../classification/phrases.ts';

/**
 * The failure table of the AI Horde. Its answers carry a code in `rc` and a sentence in `message`; pages without a code
 * come from the content network in front of it.
 */
export const hordeFailures: FailureTable = {
  codes: {
    refused: ['CorruptPrompt', 'Profanity'],
    'out-of-credit': ['KudosUpfront', 'SharedKeyEmpty', 'SharedKeyInsufficientKudos'],
    concurrency: ['TooManyPrompts'],
    rejected: ['InvalidAPIKey', 'UserNotFound', 'SharedKeyExpired', 'DeletedUser', 'SourceAccountFlagged'],
    'not-entitled': [
      'AnonForbidden',
      'BetaAnonForbidden',
      'NotTrusted',
      'RequiresTrust',
      'SpecialForbidden',
      'SharedKeyAssignedStyles',
      'OnlyServiceAccountProxy',
    ],
    'unknown-model': [
      'NoValidWorkers',
      'UnsupportedModel',
      'UnexpectedModelName',
      'SpecialMissingPayload',
      'SpecialMissingUsername',
      'SpecialModelNeedsSpecialUser',
      'SourceImageRequiredForModel',
    ],
    'blocks-this-machine': ['TimeoutIP', 'UnsafeIP', 'BadClientAgent'],
    overloaded: ['MaintenanceMode', 'Locked'],
    'failed-run': ['RequestNotFound', 'RequestExpired', 'AbortedGen'],
    'bad-request': [
      'MissingPrompt',
      'InvalidSize',
      'InvalidPromptSize',
      'InvalidPromptEncoding',
      'NulByteInPayload',
      'TooManySteps',
      'UnsupportedSampler',
      'BadCFGNumber',
      'BadCFGDecimals',
    ],
  },
  types: {},
  statuses: [
    { from: 200, to: 299, means: 'unrecognized', page: 'malformed' },
    { from: 300, to: 399, means: 'malformed' },
    {
      from: 400,
      means: 'bad-request',
      unless: [says.refused, says.unknownModel, says.strangeParameter, says.unusablePrompt],
      page: 'malformed',
    },
    { from: 401, means: 'rejected' },
    { from: 402, means: 'out-of-credit' },
    {
      from: 403,
      means: 'rejected',
      sureness: 'guess',
      unless: [says.blocksThisMachine, says.refused, says.concurrency, says.rateLimit, says.rejected],
      page: 'malformed',
    },
    /** Neither submitting nor the probe names anything that could be missing, so the address is wrong. */
    { from: 404, to: 405, means: 'malformed' },
    { from: 408, means: 'timed-out', sureness: 'likely' },
    { from: 413, to: 414, means: 'bad-request', sureness: 'likely', page: 'malformed' },
    { from: 422, means: 'bad-request', sureness: 'likely', unless: [says.refused], page: 'malformed' },
    { from: 423, means: 'overloaded' },
    { from: 429, means: 'rate-limited', unless: [says.concurrency] },
    { from: 500, means: 'failed-run', unless: [says.overloaded] },
    { from: 501, to: 599, means: 'overloaded' },
  ],
  phrases: [says.refused, says.concurrency, says.rateLimit, says.rejected, says.timedOut, says.overloaded],
};
