import { mentions, saysOf } from '../classification/clauses.ts';
import type { FailureTable, Phrase } from '../classification/classify.ts';
import { knownCodes } from '../classification/error-names.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** The kind of quota that a 429 names, as a code of ours: `withQuota` adds it. */
export const quotaCodes = {
  /** A limit of 0: the plan of the key's project has no such calls. */
  none: 'QUOTA_IS_ZERO',
  ofTheDay: 'QUOTA_OF_THE_DAY',
  ofTheMinute: 'QUOTA_OF_THE_MINUTE',
} as const;

/** Google serves no keys from the country of this machine's address. */
const location: Phrase = { means: 'blocks-this-machine', says: mentions('user location is not supported') };

const billing: Phrase = {
  means: 'not-entitled',
  says: saysOf({ subject: 'billing', state: 'enable|not enabled|disabled|not active|set ?up' }),
};

/**
 * The failure table of the Gemini API: `{error: {code, message, status, details}}`. The reason among the details decides;
 * `status` repeats the HTTP status, besides that a bad key is 400 `INVALID_ARGUMENT` and spent money may be 429.
 */
export const geminiFailures: FailureTable = {
  codes: {
    'not-entitled': [quotaCodes.none, 'FREE_TIER_NOT_AVAILABLE'],
    'out-of-credit': [quotaCodes.ofTheDay, 'BILLING_DISABLED'],
    'rate-limited': [quotaCodes.ofTheMinute],
    rejected: [
      ...knownCodes.rejected,
      'API_KEY_SERVICE_BLOCKED',
      'API_KEY_HTTP_REFERRER_BLOCKED',
      'API_KEY_IP_ADDRESS_BLOCKED',
      'API_KEY_ANDROID_APP_BLOCKED',
      'API_KEY_IOS_APP_BLOCKED',
      'SERVICE_DISABLED',
      'CONSUMER_SUSPENDED',
      'CONSUMER_INVALID',
    ],
    'blocks-this-machine': ['LOCATION_POLICY_VIOLATED'],
    'unknown-model': ['NOT_FOUND'],
    'timed-out': ['DEADLINE_EXCEEDED'],
  },
  types: {},
  statuses: usualStatuses.map((rule) =>
    rule.from === 400 ? { ...rule, unless: [location, billing, ...(rule.unless ?? [])] } : rule,
  ),
  phrases: usualPhrases,
  limits: usualLimits,
};
