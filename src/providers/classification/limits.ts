import type { CreditScope, FailureReason, Sureness } from '../../domain/failure.ts';
import { type WordTest, anyOf, mentions, saysOf } from './clauses.ts';
import type { Complaint } from './error-body.ts';

/** The words by which the kinds of limits are told apart. */
export type LimitWords = {
  /** A number in a second or a minute. */
  readonly pace: WordTest;
  /** A number in a day or longer. */
  readonly allowance: WordTest;
  /** Money, which no wait brings back. */
  readonly money: WordTest;
};

const minMs = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

type RefinedMeaning = {
  readonly reason: AnsweredReason;
  readonly sureness: Sureness;
  /** The wait to obey; absent when the provider states none. */
  readonly waitMs: number | undefined;
};

/**
 * Tells a limit that comes back within the hour from one that does not. The first is a rate, even where the provider
 * calls it a quota or counts credits; the second is spent credit, even where the provider calls it a rate limit.
 */
export function refineLimit(
  meaning: Meaning,
  complaint: Complaint,
  { headMs, bodyMs }: Waits,
  limits: LimitWords | undefined,
): RefinedMeaning {
  const { reason, sureness, by } = meaning;
  // A limit of nothing is no limit: the plan does not include what was asked for.
  if (limits !== undefined && complaint.status === 429 && by !== 'code' && zeroLimit.test(complaint.words)) {
    return { reason: 'not-entitled', sureness: 'likely', waitMs: undefined };
  }
  const said = bodyMs === undefined ? undefined : bodyMs < hourMs ? 'short' : 'long';
  const isPace = limits?.pace.test(complaint.words) === true;
  const hasShortHeader = headMs !== undefined && headMs < hourMs;
  const waitMs = bodyMs === undefined || (isPace && hasShortHeader) ? headMs : longerOfShort(bodyMs, headMs);
  const refined = (other: AnsweredReason): RefinedMeaning => ({
    reason: other,
    sureness: other === reason ? sureness : sureness === 'guess' ? 'guess' : 'likely',
    waitMs: capped(other, waitMs),
  });
  if (limits === undefined) return refined(reason);
  const isShort = waitMs !== undefined && waitMs < hourMs;
  if (reason === 'out-of-credit' && by !== 'code') {
    const isRate = said === 'short' || (isPace && (said === undefined || hasShortHeader));
    const mayBeRate = by === 'words' && complaint.status !== 402 && !limits.money.test(complaint.words);
    return refined(isRate || (isShort && mayBeRate) ? 'rate-limited' : reason);
  }
  if (reason === 'rate-limited' && !isShort) {
    const isAllowance = said === 'long' || (!isPace && limits.allowance.test(complaint.words));
    return refined(isAllowance ? 'out-of-credit' : reason);
  }
  return refined(reason);
}

const zeroLimit = /\blimit(?:\s*(?:is|of|[:=]))\s*0(?!\d|[.,]\d)/i;

/** A header's short wait is often the default of a gateway, so that the words decide about a long one. */
function longerOfShort(bodyMs: number, headMs: number | undefined): number {
  return headMs !== undefined && headMs < hourMs && bodyMs < hourMs ? Math.max(bodyMs, headMs) : bodyMs;
}

function capped(reason: AnsweredReason, waitMs: number | undefined): number | undefined {
  if (waitMs === undefined) return undefined;
  // No money comes back within minutes.
  if (reason === 'out-of-credit') return waitMs < hourMs ? undefined : Math.min(dayMs, Math.ceil(waitMs));
  return Math.min(hourMs, Math.max(minMs, Math.ceil(waitMs)));
}

const thisPrice = anyOf(
  mentions(
    String.raw`can only afford|(?:requires?|needs?|costs?) (?:at least |about |up to )?(?:more|[\d.,$]+) ?(?:usd |more )?(?:credits?|tokens?|usd|pollen|kudos)?|credits? (?:required|needed)|fewer (?:max )?tokens|for this (?:request|model|generation|image|video|operation|resolution|call|run|task)|to (?:run|generate|create|complete|make|perform|process) this`,
  ),
  saysOf({
    subject: 'costs?|price|cost of|estimated cost',
    state: 'exceeds?|more than|greater than|less than|higher than',
  }),
  saysOf({ subject: 'balance|credits?', state: 'less than the|below the (?:cost|price)|lower than the' }),
);

const everyCall = anyOf(
  /can only afford 0\b|\b0 (?:credits?|remaining|left)\b|\bno (?:more )?credits?\b|balance (?:is|of|:)? ?\$?0(?:\.0+)?(?!\.?\d)/i,
  mentions(
    String.raw`out of (?:free |monthly )?credits?|exhausted|depleted|used up|used all|hard limit|negative|overdue|(?:run|ran) out|不足|用尽`,
  ),
);

/** What the account cannot pay for, by the provider's words; undefined when they do not say. */
export function creditScope(words: string): CreditScope | undefined {
  if (everyCall.test(words)) return 'all';
  return thisPrice.test(words) ? 'this-price' : undefined;
}

/** The reasons that a response can give; failures of a result's download are not among them. */
export type AnsweredReason = Exclude<FailureReason, `result-${string}`>;

/** What an answer means, and what shows it. */
export type Meaning = {
  readonly reason: AnsweredReason;
  readonly sureness: Sureness;
  readonly by: 'code' | 'type' | 'status' | 'words';
};

/** The waits that an answer states, in milliseconds. */
export type Waits = {
  /** In its headers. */
  readonly headMs?: number | undefined;
  /** In its words or fields. */
  readonly bodyMs?: number | undefined;
};
