import type { FailureTable } from '../classification/classify.ts';
import { knownPhrases as says } from '../classification/phrases.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

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
    /** Neither a submission nor the probe names anything that could be missing, so the address is wrong. */
    { from: 404, to: 405, means: 'malformed', unless: [says.unknownModel] },
    { from: 423, means: 'overloaded' },
    ...usualStatuses,
  ],
  phrases: usualPhrases,
  limits: usualLimits,
};
