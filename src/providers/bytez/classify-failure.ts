import type { AttemptFailure } from '../../domain/failure.ts';

export type Complained = {
  readonly status: number;
  readonly words: string;
  readonly isHtml: boolean;
  /** What the headers ask for, already within sensible bounds. */
  readonly retryAfterMs?: number | undefined;
};

const words = {
  outOfCredit:
    /(?:insufficient|not enough|out of|no more|no remaining|lack(?:s|ing)? (?:of )?(?:sufficient )?)[ _](?:[a-z]{1,12} ){0,3}?(?:credit|quota|fund|balance)|payment[ _]required|quota[ _](?:was |is |has been )?(?:exceeded|reached|exhausted)|exceed(?:s|ed|ing)? (?:your |the )?(?:current |monthly )?quota|credit_balance_exhausted|billing_hard_limit/i,
  credit: /\bcredits?\b|\bquota\b|\bpayment\b/i,
  concurrency: /concurren|plan allows for/i,
  rateLimit: /rate[ _-]?limit|too many requests/i,
  rejected:
    /^\s*unauthori[sz]ed\W*$|(?:invalid|incorrect|missing|unknown|expired|revoked|disabled)[ _](?:api[ _-]?)key/i,
  unknownModel:
    /does not exist or has yet to be added|model[^.]{0,80}(?:not found|does not exist)|model_not_found|unknown model/i,
  refused:
    /content[ _-]?(?:policy|filter|violation)|nsfw|\bunsafe\b|\bsafety\b|moderat(?:ion|ed)|prohibited content|sensitive (?:content|word)|policy violation|violates? (?:our|the) |was flagged|inappropriate content/i,
  overloaded:
    /capacity|overload|(?:is|still|currently|being) load(?:ing|ed)|unavailable|try again later|server is busy/i,
  /** A parameter that the model does not know, or not with this value: it fails the same way on every try. */
  strangeParameter: /unexpected keyword argument|have to be divisible by/i,
  timedOut: /timed[ -]out|time[ -]?out (?:exceeded|expired|reached|error)|gateway time-?out|deadline exceeded/i,
} as const;

/** Whose fault an answer without a result is: by its status, and by its words where the status leaves that open. */
export function classifyFailure(complained: Complained): AttemptFailure {
  const { status, isHtml } = complained;
  const says = complained.words;
  const detail = isHtml ? `HTTP ${status}: an HTML page` : `HTTP ${status}${says.trim() === '' ? '' : `: ${says}`}`;
  const wait = complained.retryAfterMs === undefined ? {} : { retryAfterMs: complained.retryAfterMs };

  if (status === 401) return { blame: 'key', reason: 'rejected', detail };
  if (status === 402) return { blame: 'key', reason: 'out-of-credit', detail };
  if (status === 404) return { blame: 'model', reason: 'unknown-model', detail };
  if (status === 408) return { blame: 'provider', reason: 'timed-out', detail };
  if (status === 429) {
    if (words.credit.test(says)) return { blame: 'key', reason: 'out-of-credit', detail };
    if (words.concurrency.test(says)) return { blame: 'key', reason: 'concurrency', detail };
    return { blame: 'key', reason: 'rate-limited', detail, ...wait };
  }
  if (status >= 500) {
    const isBusy = status !== 500 || words.overloaded.test(says);
    return { blame: 'provider', reason: isBusy ? 'overloaded' : 'failed-run', detail, ...wait };
  }
  if (isHtml || (status >= 300 && status < 400)) return { blame: 'provider', reason: 'malformed', detail };
  if (status === 403) {
    if (words.refused.test(says)) return { blame: 'request', reason: 'refused', detail };
    if (words.outOfCredit.test(says)) return { blame: 'key', reason: 'out-of-credit', detail };
    return { blame: 'key', reason: 'rejected', detail };
  }
  const worded = byWords(says, detail, wait);
  if (worded !== undefined) return worded;
  const isOurs = status === 400 || status === 413 || status === 414 || status === 422;
  return isOurs
    ? { blame: 'request', reason: 'bad-request', detail }
    : { blame: 'provider', reason: 'failed-run', detail };
}

function byWords(says: string, detail: string, wait: { readonly retryAfterMs?: number }): AttemptFailure | undefined {
  if (words.outOfCredit.test(says)) return { blame: 'key', reason: 'out-of-credit', detail };
  if (words.concurrency.test(says)) return { blame: 'key', reason: 'concurrency', detail };
  if (words.rateLimit.test(says)) return { blame: 'key', reason: 'rate-limited', detail, ...wait };
  if (words.rejected.test(says)) return { blame: 'key', reason: 'rejected', detail };
  if (words.unknownModel.test(says)) return { blame: 'model', reason: 'unknown-model', detail };
  if (words.refused.test(says)) return { blame: 'request', reason: 'refused', detail };
  if (words.strangeParameter.test(says)) return { blame: 'request', reason: 'bad-request', detail };
  if (words.timedOut.test(says)) return { blame: 'provider', reason: 'timed-out', detail };
  if (words.overloaded.test(says)) return { blame: 'provider', reason: 'overloaded', detail };
  return undefined;
}
