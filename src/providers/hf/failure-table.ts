import { mentions, saysOf } from '../classification/clauses.ts';
import type { FailureTable, Phrase } from '../classification/classify.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** "You have exceeded your monthly included credits for Inference Providers." */
export const includedCredits = mentions('monthly included credits');

const spent: Phrase = { means: 'out-of-credit', says: includedCredits };

/** The token may read the Hub and not run models: for no model, so that it is of no use. */
const noPermission: Phrase = {
  means: 'rejected',
  says: saysOf({
    subject: 'permissions?|inference providers',
    state: 'sufficient|insufficient|missing|not have|denied',
    except: 'gated|access to (?:this )?model',
  }),
};

const unsupportedModel: Phrase = {
  means: 'unknown-model',
  says: saysOf({ subject: 'models?', state: 'not supported|deprecated|no longer supported|not deployed|not exist' }),
};

/** The host of former years, which serves nothing. */
const oldHost: Phrase = { means: 'malformed', says: /\bapi-inference\.huggingface\.co\b/i };

/** Phrases that stand before the usual ones of a status. */
const ownPhrases: ReadonlyMap<number, readonly Phrase[]> = new Map([
  [400, [unsupportedModel]],
  [402, [spent]],
  [403, [noPermission]],
  [410, [oldHost]],
  [422, [unsupportedModel]],
]);

/** The failure table of Hugging Face's router: `{error: "…"}`, at times a list; the status decides, then the words. */
export const hfFailures: FailureTable = {
  codes: {
    'unknown-model': ['model_not_supported', 'model_not_found'],
  },
  types: {},
  statuses: usualStatuses.map((rule) => {
    const own = ownPhrases.get(rule.from);
    return own === undefined ? rule : { ...rule, unless: [...own, ...(rule.unless ?? [])] };
  }),
  phrases: usualPhrases,
  limits: usualLimits,
};
