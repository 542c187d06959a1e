import type { AttemptFailure, FailureReason, Sureness } from '../../domain/failure.ts';
import type { Complaint } from './error-body.ts';

/** What an answer can mean; what becomes of a result is not told by an answer. */
export type AnsweredReason = Exclude<FailureReason, `result-${string}`>;

/** Words, and what they mean. Linear in the length of what is read: no repetition inside a repetition. */
export type Phrase = { readonly means: AnsweredReason; readonly says: RegExp };

export type StatusRule = {
  readonly from: number;
  /** Included; `from` alone when absent. */
  readonly to?: number;
  readonly means: AnsweredReason;
  /** Left off for a status that the provider documents, or HTTP itself beyond doubt. */
  readonly sureness?: Sureness;
  /** Words that make it mean something else; the first that is found counts. */
  readonly unless?: readonly Phrase[];
  /** What an HTML page with this status means, where that differs: it comes from a gateway in between. */
  readonly page?: AnsweredReason;
};

/** Names by what they mean. Their spelling counts, not their case or the marks between their parts. */
export type NamesByReason = { readonly [Reason in AnsweredReason]?: readonly string[] };

/** How a provider spells its failures, as data. The earlier reason counts where an answer names several. */
export type FailureTable = {
  /** `error.code`, `name`, a text that is one name. */
  readonly codes: NamesByReason;
  /** `error.type`. */
  readonly types: NamesByReason;
  readonly statuses: readonly StatusRule[];
  /** For every other status. */
  readonly phrases: readonly Phrase[];
};

export type Classify = (complaint: Complaint, retryAfterMs: number | undefined) => AttemptFailure;

/** Longer ones say nothing more, and take longer to read. */
const mostWordsRead = 4000;

/**
 * Makes a provider's classifier of its table: the structured code first, then the type, then the status with the
 * words that may turn it, then words alone. A code is sure, a type is likely; words that agree with the status on whom
 * to blame are likely too, all others a guess. What is in no row is `unrecognized`.
 */
export function classifyByTable(table: FailureTable): Classify {
  const reasonOfCode = reasonOfName(table.codes);
  const reasonOfType = reasonOfName(table.types);

  const meaningOf = (complaint: Complaint): Meaning => {
    const byCode = reasonOfCode(complaint.codes);
    if (byCode !== undefined) return { reason: byCode, sureness: 'sure' };
    const byType = reasonOfType(complaint.types);
    if (byType !== undefined) return { reason: byType, sureness: 'likely' };
    const rule = table.statuses.find(({ from, to = from }) => complaint.status >= from && complaint.status <= to);
    if (rule !== undefined) return byStatus(rule, complaint);
    if (complaint.isHtml) return { reason: 'malformed', sureness: 'sure' };
    return { reason: spoken(table.phrases, complaint)?.means ?? 'unrecognized', sureness: 'guess' };
  };

  return (complaint, retryAfterMs) => {
    const { reason, sureness } = meaningOf(complaint);
    return failureFor(reason, detailOf(complaint), {
      ...(sureness === 'sure' ? {} : { sureness }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  };
}

type Meaning = { readonly reason: AnsweredReason; readonly sureness: Sureness };

function byStatus(rule: StatusRule, complaint: Complaint): Meaning {
  if (complaint.isHtml && rule.page !== undefined) return { reason: rule.page, sureness: 'sure' };
  const phrase = spoken(rule.unless ?? [], complaint);
  if (phrase !== undefined && phrase.means !== rule.means) {
    const agrees = rule.means !== 'unrecognized' && blameFor(phrase.means) === blameFor(rule.means);
    return { reason: phrase.means, sureness: agrees ? 'likely' : 'guess' };
  }
  const sureness = rule.means === 'unrecognized' ? 'guess' : (rule.sureness ?? 'sure');
  const isTheirFault = blameFor(rule.means) === 'provider';
  // A page is not the provider's own word on a key, a model or a request.
  return {
    reason: rule.means,
    sureness: complaint.isHtml && !isTheirFault && sureness === 'sure' ? 'likely' : sureness,
  };
}

function spoken(phrases: readonly Phrase[], { words }: Complaint): Phrase | undefined {
  const read = words.slice(0, mostWordsRead);
  return phrases.find(({ says }) => says.test(read));
}

function reasonOfName(names: NamesByReason): (said: readonly string[]) => AnsweredReason | undefined {
  const reasons = Object.keys(names) as AnsweredReason[];
  const reasonOf = new Map<string, AnsweredReason>();
  for (const reason of reasons) for (const name of names[reason] ?? []) reasonOf.set(bare(name), reason);
  return (said) => {
    const meant = new Set(said.map((name) => reasonOf.get(bare(name))));
    return reasons.find((reason) => meant.has(reason));
  };
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function detailOf({ status, words, isHtml }: Complaint): string {
  if (isHtml) return `HTTP ${status}: an HTML page`;
  return words.trim() === '' ? `HTTP ${status}` : `HTTP ${status}: ${words}`;
}

type Besides = { readonly sureness?: Sureness; readonly retryAfterMs?: number };

function failureFor(reason: AnsweredReason, detail: string, { retryAfterMs, ...sure }: Besides = {}): AttemptFailure {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  switch (reason) {
    case 'rejected':
    case 'out-of-credit':
    case 'concurrency':
    case 'not-entitled':
      return { blame: 'key', reason, detail, ...sure };
    case 'rate-limited':
      return { blame: 'key', reason, detail, ...sure, ...wait };
    case 'unknown-model':
      return { blame: 'model', reason, detail, ...sure };
    case 'timed-out':
    case 'overloaded':
    case 'unreachable':
    case 'malformed':
    case 'failed-run':
      return { blame: 'provider', reason, detail, ...sure, ...wait };
    case 'unrecognized':
      return { blame: 'provider', reason, detail, ...sure };
    case 'bad-request':
    case 'refused':
      return { blame: 'request', reason, detail, ...sure };
  }
}

function blameFor(reason: AnsweredReason): AttemptFailure['blame'] {
  return failureFor(reason, '').blame;
}
