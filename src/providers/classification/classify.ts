import type { AttemptFailure, CreditScope, Sureness, OwnRule } from '../../domain/failure.ts';
import { type AnsweredReason, type LimitWords, type Meaning, type Waits, creditScope, refineLimit } from './limits.ts';
import type { WordTest } from './clauses.ts';
import type { Complaint } from './error-body.ts';

/** A phrase and its reason. */
export type Phrase = { readonly means: AnsweredReason; readonly says: WordTest };

export type StatusRule = {
  readonly from: number;
  /** Inclusive; absent means `from` alone. */
  readonly to?: number;
  readonly means: AnsweredReason;
  /** Absent for a status that the provider or HTTP defines beyond doubt. */
  readonly sureness?: Sureness;
  /** The sureness where no phrase of `unless` says the same, if it differs. */
  readonly unconfirmed?: Sureness;
  /** Phrases that change its reason, or confirm it; the first match counts. */
  readonly unless?: readonly Phrase[];
  /** The reason of an HTML page with this status, if it differs: a gateway sends such pages. */
  readonly page?: AnsweredReason;
};

/** Error names by reason. Matching ignores case and the separators between their parts. */
export type NamesByReason = { readonly [Reason in AnsweredReason]?: readonly string[] };

/** A provider's failures as data. When a response names several reasons, the earlier one in the table counts. */
export type FailureTable = {
  /** Matches `error.code`, `name`, and texts that are a single code. */
  readonly codes: NamesByReason;
  /** Matches `error.type`. */
  readonly types: NamesByReason;
  readonly statuses: readonly StatusRule[];
  /** Applies to every other status. */
  readonly phrases: readonly Phrase[];
  /** The words by which the kinds of limits are told apart. */
  readonly limits?: LimitWords;
};

export type Classify = (complaint: Complaint, waits?: Waits | number) => AttemptFailure;

/** Longer texts add no information and cost time. */
const maxTextLength = 4000;

/**
 * Creates a classifier from a provider's table. It tries the structured code, then the type, then the status with its
 * phrases, then phrases alone. A code is sure and a type is likely; a phrase that blames the same side as the status is
 * likely, any other phrase is a guess. A failure without a match is `unrecognized`. A limit is then told by the wait that
 * goes with it: what comes back within the hour is a rate, whatever it is counted in. A rule of the operator comes before
 * all of this.
 */
export function classifyByTable(table: FailureTable, rules: () => readonly OwnRule[] = () => []): Classify {
  const reasonOfCode = reasonOfName(table.codes);
  const reasonOfType = reasonOfName(table.types);

  const meaningOf = (complaint: Complaint): Meaning => {
    const byCode = reasonOfCode(complaint.codes);
    if (byCode !== undefined) return { reason: byCode, sureness: 'sure', by: 'code' };
    if (complaint.isBlockPage === true && complaint.status < 500) {
      return { reason: 'blocks-this-machine', sureness: 'likely', by: 'words' };
    }
    const byType = reasonOfType(complaint.types);
    if (byType !== undefined) return { reason: byType, sureness: 'likely', by: 'type' };
    const rule = table.statuses.find(({ from, to = from }) => complaint.status >= from && complaint.status <= to);
    if (rule !== undefined) return byStatus(rule, complaint);
    if (complaint.isHtml) return { reason: 'malformed', sureness: pageSureness(complaint), by: 'status' };
    return { reason: spoken(table.phrases, complaint)?.means ?? 'unrecognized', sureness: 'guess', by: 'words' };
  };

  return (complaint, stated) => {
    const waits = typeof stated === 'number' ? { headMs: stated } : (stated ?? {});
    const rule = ownRuleFor(rules(), complaint);
    const { reason, sureness, waitMs } =
      rule === undefined
        ? refineLimit(meaningOf(complaint), complaint, waits, table.limits)
        : refineLimit({ reason: rule.means, sureness: surenessOf(rule), by: 'code' }, complaint, waits, undefined);
    const credit = reason === 'out-of-credit' ? (complaint.credit ?? creditScope(complaint.words)) : undefined;
    return failureFor(reason, detailOf(complaint), {
      ...(sureness === 'sure' ? {} : { sureness }),
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
      ...(credit === undefined ? {} : { credit }),
    });
  };
}

function byStatus(rule: StatusRule, complaint: Complaint): Meaning {
  if (complaint.isHtml && rule.page !== undefined) {
    return { reason: rule.page, sureness: pageSureness(complaint), by: 'status' };
  }
  const phrase = spoken(rule.unless ?? [], complaint);
  if (phrase !== undefined && phrase.means !== rule.means) {
    const agrees = rule.means !== 'unrecognized' && blameFor(phrase.means) === blameFor(rule.means);
    // Words about the request itself are no guess, whatever the status: another key would meet them, too.
    const isPlain = agrees || phrase.means === 'bad-request';
    return { reason: phrase.means, sureness: isPlain ? 'likely' : 'guess', by: 'words' };
  }
  const alone = rule.means === 'unrecognized' ? 'guess' : (rule.sureness ?? 'sure');
  const sureness = phrase === undefined ? (rule.unconfirmed ?? alone) : alone;
  const isTheirFault = blameFor(rule.means) === 'provider';
  // An HTML page comes from a gateway, not from the provider, so it cannot blame a key, a model or a request.
  return {
    reason: rule.means,
    sureness: complaint.isHtml && !isTheirFault && sureness === 'sure' ? 'likely' : sureness,
    by: phrase === undefined ? 'status' : 'words',
  };
}

/** A page that refuses names no cause: it may be meant for this machine, or for this one request. */
function pageSureness({ status }: Complaint): Sureness {
  return status >= 400 && status < 500 ? 'guess' : 'sure';
}

function spoken(phrases: readonly Phrase[], { words }: Complaint): Phrase | undefined {
  const read = words.slice(0, maxTextLength);
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

type Besides = { readonly sureness?: Sureness; readonly retryAfterMs?: number; readonly credit?: CreditScope };

function failureFor(
  reason: AnsweredReason,
  detail: string,
  { retryAfterMs, credit, ...sure }: Besides = {},
): AttemptFailure {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  switch (reason) {
    case 'rejected':
    case 'concurrency':
    case 'not-entitled':
      return { blame: 'key', reason, detail, ...sure };
    case 'out-of-credit':
      return { blame: 'key', reason, detail, ...sure, ...wait, ...(credit === undefined ? {} : { credit }) };
    case 'rate-limited':
      return { blame: 'key', reason, detail, ...sure, ...wait };
    case 'unknown-model':
      return { blame: 'model', reason, detail, ...sure };
    case 'timed-out':
    case 'overloaded':
    case 'unreachable':
    case 'malformed':
    case 'blocks-this-machine':
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

/** Returns the first rule that the answer fulfils. */
function ownRuleFor(rules: readonly OwnRule[], { status, codes, words }: Complaint): OwnRule | undefined {
  if (rules.length === 0) return undefined;
  const [said, text] = [codes.map((code) => code.toLowerCase()), words.toLowerCase()];
  return rules.find(
    (rule) =>
      (rule.status === undefined || rule.status === status) &&
      (rule.code === undefined || said.includes(rule.code.toLowerCase())) &&
      (rule.words === undefined || text.includes(rule.words.toLowerCase())),
  );
}

/** A status alone is never sure, not even in a rule of the operator. */
function surenessOf({ code, words }: OwnRule): Sureness {
  return code === undefined && words === undefined ? 'likely' : 'sure';
}
