import type { FailureTable } from '../classification/classify.ts';
import { knownCodes } from '../classification/error-names.ts';
import { mentions } from '../classification/clauses.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** More tasks under way than the account may have: 24, and 6 of some models. */
const activeTasks = {
  means: 'concurrency',
  says: mentions(String.raw`active (?:tasks?|requests?|generations?)`),
} as const;
/** A key that is not known is answered with 403. */
const notAuthenticated = { means: 'rejected', says: mentions('not authenticated|invalid authentication') } as const;

/** The failure table of Black Forest Labs: `{detail}`, a text or a list; the status says most. */
export const bflFailures: FailureTable = {
  codes: knownCodes,
  types: {},
  statuses: usualStatuses.map((rule) => {
    if (rule.from === 429) return { ...rule, unless: [activeTasks, ...(rule.unless ?? [])] };
    return rule.from === 403 ? { ...rule, unless: [notAuthenticated, ...(rule.unless ?? [])] } : rule;
  }),
  phrases: usualPhrases,
  limits: usualLimits,
};
