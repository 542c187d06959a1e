import type { Phrase, NamesByReason } from './classify.ts';

/** Phrases that several providers use, each with its default reason. */
export const knownPhrases = {
  spentCredit: {
    means: 'out-of-credit',
    says: /(?:insufficient|not enough|out of|no more|no remaining|lack(?:s|ing)? (?:of )?(?:sufficient )?)[ _](?:[a-z]{1,12} ){0,3}?(?:credit|quota|fund|balance)|quota[ _](?:was |is |has been )?(?:exceeded|reached|exhausted)|exceed(?:s|ed|ing)? (?:your |the )?(?:current |monthly )?quota|credit_balance_exhausted|billing_hard_limit/i,
  },
  paymentRequired: { means: 'out-of-credit', says: /payment[ _]required/i },
  /** Sufficient only when the status already indicates a limit. */
  credit: { means: 'out-of-credit', says: /\bcredits?\b|\bquota\b|\bpayment\b/i },
  concurrency: {
    means: 'concurrency',
    says: /concurren|simultaneous (?:request|run|call)|parallel (?:request|run|call)/i,
  },
  /** The most likely meaning is the number of concurrent runs. */
  planAllows: { means: 'concurrency', says: /plan allows for/i },
  rateLimit: { means: 'rate-limited', says: /rate[ _-]?limit|too many requests/i },
  rejected: {
    means: 'rejected',
    says: /^\s*unauthori[sz]ed\W*$|(?:invalid|incorrect|missing|unknown|expired|revoked|disabled)[ _](?:api[ _-]?)key/i,
  },
  /** The key is valid, but its plan, region or rights exclude this model. */
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
  /** Certain even when the status blames the provider. */
  refusedPlainly: {
    means: 'refused',
    says: /rejected (?:as a result of|by) (?:our|the) (?:content |safety |moderation )|violat(?:es?|ed|ing) (?:our|the) (?:content|usage|safety) polic|content[ _-]?policy[ _-]?violation|moderation_blocked/i,
  },
  /** A parameter or value that the model does not support: every retry fails the same way. */
  strangeParameter: { means: 'bad-request', says: /unexpected keyword argument|have to be divisible by/i },
  /** The prompt itself cannot be processed. */
  unusablePrompt: {
    means: 'bad-request',
    says: /\b(?:prompt|text|input) (?:is |was )?(?:too (?:long|short)|empty|missing)|maximum (?:context|prompt|input) length|\bexpected parameter\(s\)|(?:missing|empty|invalid) prompt\b/i,
  },
  /** A content network in front of the provider, such as Cloudflare's `error code: 1010`. */
  blocksThisMachine: { means: 'blocks-this-machine', says: /^\s*error code: ?10(?:0[5-9]|1[02]|20)\b/i },
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

/** Codes that several providers and gateways share. Quota comes before the rate limit. */
export const knownCodes = {
  'out-of-credit': [
    'insufficient_quota',
    'quota_exceeded',
    'insufficient_credits',
    'insufficient_balance',
    'credit_balance_exhausted',
    'billing_hard_limit_reached',
    'billing_not_active',
    'payment_required',
  ],
  concurrency: ['concurrency_limit_exceeded', 'concurrency_limit_reached', 'too_many_concurrent_requests'],
  'rate-limited': ['rate_limit_exceeded', 'rate_limit_reached', 'rate_limited', 'too_many_requests'],
  rejected: ['invalid_api_key', 'incorrect_api_key', 'account_deactivated', 'unauthorized', 'unauthenticated'],
  'not-entitled': [
    'model_access_denied',
    'model_not_allowed',
    'model_not_available_for_plan',
    'unsupported_country_region_territory',
    'plan_upgrade_required',
  ],
  'unknown-model': ['model_not_found', 'unknown_model', 'model_deprecated', 'model_does_not_exist'],
  refused: [
    'moderation_blocked',
    'content_moderation',
    'content_policy_violation',
    'content_filter',
    'content_filtered',
    'sensitive_word_error',
  ],
  'bad-request': ['bad_request', 'context_length_exceeded', 'string_above_max_length', 'missing_required_parameter'],
  overloaded: ['server_is_overloaded', 'overloaded', 'slow_down', 'service_unavailable', 'model_loading'],
  'timed-out': ['gateway_timeout', 'deadline_exceeded'],
  'failed-run': ['internal_server_error', 'internal_error', 'server_error'],
} as const satisfies NamesByReason;

/** Without `invalid_request_error`, which providers also use for a wrong key and for an unknown model. */
export const knownTypes = {
  'out-of-credit': ['insufficient_quota', 'billing_error'],
  'rate-limited': ['rate_limit_error', 'rate_limit_exceeded'],
  rejected: ['authentication_error'],
  'unknown-model': ['not_found_error'],
  'bad-request': ['image_generation_user_error'],
  overloaded: ['overloaded_error'],
  'failed-run': ['server_error', 'api_error', 'internal_server_error'],
} as const satisfies NamesByReason;
