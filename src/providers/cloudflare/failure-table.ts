import type { FailureTable } from '../classification/classify.ts';
import { mentions } from '../classification/clauses.ts';
import { knownPhrases as says } from '../classification/phrases.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** Codes of Cloudflare are numbers, which mean nothing elsewhere: here they have names. */
export function numberCode(number: number): string {
  return `CLOUDFLARE_${number}`;
}

export const neuronsOfTheDay = numberCode(3036);

/**
 * The failure table of Workers AI: `{success: false, errors: [{code, message}]}`, with an HTTP status that says less than
 * the code. 429 is the allowance of the day (3036) or a lack of machines (3040).
 */
export const cloudflareFailures: FailureTable = {
  codes: {
    'out-of-credit': [neuronsOfTheDay],
    'rate-limited': [numberCode(971)],
    /** A bad token, a blocked account, an account id that is none. */
    rejected: [numberCode(10_000), numberCode(10_001), numberCode(1000), numberCode(3023), numberCode(7003)],
    'not-entitled': [numberCode(5016), numberCode(5018), numberCode(3041)],
    'unknown-model': [numberCode(5007), numberCode(3042)],
    refused: [numberCode(3030)],
    'bad-request': [numberCode(3006), numberCode(3003), numberCode(5004)],
    'timed-out': [numberCode(3007), numberCode(3008)],
    overloaded: [numberCode(3040)],
  },
  types: {},
  statuses: usualStatuses.map((rule) =>
    rule.from === 400
      ? { ...rule, unless: [{ means: 'refused', says: mentions('nsfw') }, says.refused, ...(rule.unless ?? [])] }
      : rule,
  ),
  phrases: usualPhrases,
  limits: usualLimits,
};
