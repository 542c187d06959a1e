import type { Phrase } from './classify-by-table.ts';

/** Words by which several providers say the same, each with what it means when nothing better is known. */
export const knownPhrases = {
  spentCredit: {
    means: 'out-of-credit',
    says: /(?:insufficient|not enough|out of|no more|no remaining|lack(?:s|ing)? (?:of )?(?:sufficient )?)[ _](?:[a-z]{1,12} ){0,3}?(?:credit|quota|fund|balance)|quota[ _](?:was |is |has been )?(?:exceeded|reached|exhausted)|exceed(?:s|ed|ing)? (?:your |the )?(?:current |monthly )?quota|credit_balance_exhausted|billing_hard_limit/i,
  },
  paymentRequired: { means: 'out-of-credit', says: /payment[ _]required/i },
  /** Enough where the status speaks of a limit already. */
  credit: { means: 'out-of-credit', says: /\bcredits?\b|\bquota\b|\bpayment\b/i },
  concurrency: {
    means: 'concurrency',
    says: /concurren|simultaneous (?:request|run|call)|parallel (?:request|run|call)/i,
  },
  /** Of what follows, the number of runs is the likeliest. */
  planAllows: { means: 'concurrency', says: /plan allows for/i },
  rateLimit: { means: 'rate-limited', says: /rate[ _-]?limit|too many requests/i },
  rejected: {
    means: 'rejected',
    says: /^\s*unauthori[sz]ed\W*$|(?:invalid|incorrect|missing|unknown|expired|revoked|disabled)[ _](?:api[ _-]?)key/i,
  },
  /** The key is fine, but this model is beyond its plan, its region or its rights. */
  notEntitled: {
    means: 'not-entitled',
    says: /\bmodels?\b.{0,80}\b(?:plans?|tiers?|subscriptions?|subscribers|paid|upgrade)\b|\b(?:plans?|tiers?|subscriptions?|upgrade)\b.{0,80}\bmodels?\b|\b(?:plan|tier|subscription) (?:does not|doesn't|do not|only) (?:allow|include|cover|support|permit)|(?:\bnot? |n't |den(?:y|ied) |lacks? |without )(?:have |been )?(?:access|permission|permitted|allowed|entitled|granted|enabled)\b.{0,60}\bmodels?\b|\bmodels?\b.{0,60}\b(?:not (?:allowed|enabled|permitted|authori[sz]ed|included)|access (?:is |was )?denied)\b|verified to use the model|(?:not (?:available|supported)|unavailable|restricted|blocked) in your (?:country|region|location)|(?:country|region),? .{0,30}\bnot supported|parameters?\b.{0,40}\b(?:plans?|tiers?)\b/i,
  },
  unknownModel: {
    means: 'unknown-model',
    says: /does not exist or has yet to be added|model[^.]{0,80}(?:not found|does not exist)|model_not_found|unknown model/i,
  },
  refused: {
    means: 'refused',
    says: /content[ _-]?(?:policy|filter|violation)|nsfw|\bunsafe\b|\bsafety\b|moderat(?:ion|ed)|prohibited content|sensitive (?:content|word)|policy violation|violates? (?:our|the) |was flagged|inappropriate content/i,
  },
  /** Beyond doubt even where the status blames the provider. */
  refusedPlainly: {
    means: 'refused',
    says: /rejected (?:as a result of|by) (?:our|the) (?:content |safety |moderation )|violat(?:es?|ed|ing) (?:our|the) (?:content|usage|safety) polic|content[ _-]?policy[ _-]?violation|moderation_blocked/i,
  },
  /** A parameter that the model does not know, or not with this value: it fails the same way on every try. */
  strangeParameter: { means: 'bad-request', says: /unexpected keyword argument|have to be divisible by/i },
  /** The person's own words are what cannot be worked with. */
  unusablePrompt: {
    means: 'bad-request',
    says: /\b(?:prompt|text|input) (?:is |was )?(?:too (?:long|short)|empty|missing)|maximum (?:context|prompt|input) length|\bexpected parameter\(s\)|(?:missing|empty|invalid) prompt\b/i,
  },
  timedOut: {
    means: 'timed-out',
    says: /timed[ -]out|time[ -]?out (?:exceeded|expired|reached|error)|gateway time-?out|deadline exceeded/i,
  },
  overloaded: {
    means: 'overloaded',
    says: /capacity|overload|(?:is|still|currently|being) load(?:ing|ed)|unavailable|try again later|server is busy/i,
  },
  failedRun: {
    means: 'failed-run',
    says: /(?:error|exception)\b|\bfailed\b|\bcuda\b|out of memory|\boom\b|traceback|\bassert|\bcrash|\bkilled\b|something went wrong|no output|\b(?:cannot|could not|unable to)\b/i,
  },
} as const satisfies Record<string, Phrase>;
